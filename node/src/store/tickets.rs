//! Tickets given out by this device, and people who wait for approval.

use dataforge_protocol::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::op::Person;
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// A ticket by which a person adds another machine.
#[derive(Debug, Clone)]
pub(crate) struct DeviceTicket {
    /// Its random id.
    pub(crate) ticket: EntryId,
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// Its secret.
    pub(crate) secret: [u8; 32],
    /// Whose machine it adds.
    pub(crate) person: PersonId,
    /// Not after, by this device's clock.
    pub(crate) expires_ms: u64,
    /// The device that used it.
    pub(crate) redeemed: Option<DeviceId>,
}

/// Somebody who asked to be let in by an invite with approval.
#[derive(Debug, Clone)]
pub(crate) struct JoinAsked {
    /// The invite.
    pub(crate) invite: EntryId,
    /// Who.
    pub(crate) person: Person,
    /// When, by this device's clock.
    pub(crate) asked_ms: u64,
}

impl Store {
    /// Keeps the secret of a ticket given out.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn keep_invite(
        &self,
        workspace: &WorkspaceId,
        invite: &EntryId,
        secret: &[u8; 32],
    ) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT INTO invites VALUES (?1, ?2, ?3)")?.execute(params![
            invite.as_bytes(),
            workspace.as_bytes(),
            secret
        ])?;
        Ok(())
    }

    /// Returns the workspace and secret of a ticket given out by this device.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn invite(&self, invite: &EntryId) -> Result<Option<(WorkspaceId, [u8; 32])>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT workspace, secret FROM invites WHERE invite = ?1")?;
        Ok(statement
            .query_row(params![invite.as_bytes()], |row| Ok((WorkspaceId(row.get(0)?), row.get(1)?)))
            .optional()?)
    }

    /// Keeps a ticket by which a person adds another machine.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn keep_device_ticket(&self, ticket: &DeviceTicket) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT INTO device_tickets VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
            params![
                ticket.ticket.as_bytes(),
                ticket.workspace.as_bytes(),
                ticket.secret,
                ticket.person.as_bytes(),
                ticket.expires_ms,
                ticket.redeemed.as_ref().map(DeviceId::as_bytes),
            ],
        )?;
        Ok(())
    }

    /// Returns such a ticket.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn device_ticket(&self, ticket: &EntryId) -> Result<Option<DeviceTicket>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT workspace, secret, person, expires_ms, redeemed FROM device_tickets WHERE ticket = ?1",
        )?;
        let found = statement.query_row(params![ticket.as_bytes()], |row| {
            Ok(DeviceTicket {
                ticket: *ticket,
                workspace: WorkspaceId(row.get(0)?),
                secret: row.get(1)?,
                person: PersonId(row.get(2)?),
                expires_ms: row.get(3)?,
                redeemed: row.get::<_, Option<[u8; 32]>>(4)?.map(DeviceId),
            })
        });
        Ok(found.optional()?)
    }

    /// Notes which device used such a ticket: it may ask again, others may not.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn redeem_device_ticket(&self, ticket: &EntryId, device: &DeviceId) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached("UPDATE device_tickets SET redeemed = ?2 WHERE ticket = ?1")?
            .execute(params![ticket.as_bytes(), device.as_bytes()])?;
        Ok(())
    }

    /// Keeps who asked to be let in; who asks again is kept once.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn keep_request(&self, workspace: &WorkspaceId, asked: &JoinAsked) -> Result<(), ApiError> {
        let person = postcard::to_stdvec(&asked.person).expect("persons have no unserialisable part");
        self.connection().prepare_cached("INSERT OR IGNORE INTO requests VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
            params![asked.invite.as_bytes(), asked.person.id.as_bytes(), workspace.as_bytes(), person, asked.asked_ms,],
        )?;
        Ok(())
    }

    /// Returns who waits to be let in, in the order they asked.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn requests(&self, workspace: &WorkspaceId) -> Result<Vec<JoinAsked>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT invite, body, asked_ms FROM requests WHERE workspace = ?1 ORDER BY asked_ms, person",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            Ok((EntryId(row.get(0)?), row.get::<_, Vec<u8>>(1)?, row.get(2)?))
        })?;
        let mut asked = Vec::new();
        for row in rows {
            let (invite, body, asked_ms) = row?;
            // One that a newer version kept is left alone.
            if let Ok(person) = postcard::from_bytes(&body) {
                asked.push(JoinAsked { invite, person, asked_ms });
            }
        }
        Ok(asked)
    }

    /// Returns how many wait by an invite.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_requests(&self, invite: &EntryId) -> Result<u64, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT count(*) FROM requests WHERE invite = ?1")?;
        Ok(statement.query_row(params![invite.as_bytes()], |row| row.get(0))?)
    }

    /// Forgets who asked, once they were let in or the invite ended.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn drop_request(&self, invite: &EntryId, person: Option<&PersonId>) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached("DELETE FROM requests WHERE invite = ?1 AND (?2 IS NULL OR person = ?2)")?
            .execute(params![invite.as_bytes(), person.map(PersonId::as_bytes)])?;
        Ok(())
    }
}
