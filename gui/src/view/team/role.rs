//! Who may do what, so that a button says why it cannot be pressed. The node decides; this only foretells.

/// What a deed needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Whoever may write.
    Editor,
    /// Admins and owners.
    Admin,
    /// Owners.
    Owner,
}

/// Roles that can be given, the least first.
pub const ROLES: [(&str, &str); 4] =
    [("viewer", "viewer"), ("editor", "editor"), ("admin", "admin"), ("owner", "owner")];

/// Returns how much a role may do; 0 for none.
#[must_use]
pub fn rank(role: &str) -> u8 {
    ROLES.iter().position(|(word, _)| *word == role).map_or(0, |at| u8::try_from(at + 1).unwrap_or(0))
}

/// Returns why a person of this role may not do something, in words; none when they may.
#[must_use]
pub fn why_not(role: Option<&str>, need: Need, deed: &str) -> Option<String> {
    let (least, who) = match need {
        Need::Editor => (2, "only editors, admins and owners"),
        Need::Admin => (3, "only admins and owners"),
        Need::Owner => (4, "only owners"),
    };
    let role = role.unwrap_or("none");
    (rank(role) < least).then(|| format!("{who} may {deed}; you are {} here", told(role)))
}

/// Returns why somebody may not be given another role or removed; none when they may.
#[must_use]
pub fn why_not_over(own: Option<&str>, other: &str, deed: &str) -> Option<String> {
    let own = own.unwrap_or("none");
    let lacking = why_not(Some(own), Need::Admin, deed);
    let above = || format!("you may {deed} below your own role only: you and they are {}", told(other));
    lacking.or_else(|| (rank(own) <= rank(other)).then(above))
}

/// Returns why a role may not be given; none when it may.
#[must_use]
pub fn why_not_give(own: Option<&str>, role: &str) -> Option<String> {
    let own = own.unwrap_or("none");
    let may = own == "owner" || rank(role) < rank(own);
    (!may).then(|| format!("you may give roles below your own only; you are {} here", told(own)))
}

/// Returns a role with its article.
fn told(role: &str) -> String {
    match role {
        "none" => "no member".to_owned(),
        "editor" | "admin" | "owner" => format!("an {role}"),
        role => format!("a {role}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Need, rank, why_not, why_not_give, why_not_over};

    #[test]
    fn roles_are_ordered_and_unknown_ones_may_nothing() {
        assert!(rank("viewer") < rank("editor") && rank("editor") < rank("admin") && rank("admin") < rank("owner"));
        assert_eq!(rank("none"), 0);
        assert_eq!(rank("emperor"), 0);
    }

    #[test]
    fn a_reason_names_who_may_and_what_one_is() {
        assert_eq!(why_not(Some("admin"), Need::Admin, "invite people"), None);
        assert_eq!(why_not(Some("owner"), Need::Owner, "hand it over"), None);
        assert_eq!(
            why_not(Some("viewer"), Need::Admin, "invite people").as_deref(),
            Some("only admins and owners may invite people; you are a viewer here")
        );
        assert_eq!(
            why_not(None, Need::Editor, "decide").as_deref(),
            Some("only editors, admins and owners may decide; you are no member here")
        );
    }

    #[test]
    fn roles_are_given_below_ones_own_but_by_owners() {
        assert_eq!(why_not_give(Some("owner"), "owner"), None);
        assert_eq!(why_not_give(Some("admin"), "editor"), None);
        assert!(why_not_give(Some("admin"), "admin").is_some_and(|why| why.contains("you are an admin")));
        assert!(why_not_give(None, "viewer").is_some());
    }

    #[test]
    fn only_who_is_above_changes_or_removes_others() {
        assert_eq!(why_not_over(Some("admin"), "editor", "remove people"), None);
        assert_eq!(why_not_over(Some("owner"), "admin", "remove people"), None);
        assert!(why_not_over(Some("admin"), "admin", "remove people").is_some_and(|why| why.contains("an admin")));
        assert!(why_not_over(Some("owner"), "owner", "remove people").is_some());
        assert!(why_not_over(Some("editor"), "viewer", "remove people").is_some_and(|why| why.contains("only admins")));
    }
}
