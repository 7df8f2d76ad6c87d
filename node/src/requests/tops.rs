//! Tops and zones: listing them, with where they are in space, and editing them.

use dataforge_protocol::document::{
    LongText, MAX_ITEM_CHARS, MAX_ITEMS, Position, Top, TopField, TopsState, is_item_id,
};
use dataforge_protocol::facts::{DocKind, Facts, Origin};
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::editing::edit;
use super::titled::{self, datum, length, new_item};
use crate::api::{ApiError, ErrorKind, NewTop, Reply, TopsInfo, TopsReply, TopsRequest};
use crate::core::Core;
use crate::index::Index;
use crate::node::Node;
use crate::wellpath::WellPath;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: TopsRequest) -> Result<Reply, ApiError> {
    match ask {
        TopsRequest::List { well } => list(node, workspace, well).await,
        TopsRequest::Show { target } => show(node, workspace, find(node, workspace, target).await?).await,
        TopsRequest::Create { well, title, description } => create(node, workspace, well, title, description).await,
        TopsRequest::Add { target, new } => add(node, workspace, find(node, workspace, target).await?, new).await,
        TopsRequest::Set { target, top, field, value } => {
            set(node, workspace, find(node, workspace, target).await?, top, field, value).await
        }
        TopsRequest::Remove { target, top } => remove(node, workspace, find(node, workspace, target).await?, top).await,
        TopsRequest::Rename { target, title } => {
            titled::set(node, workspace, find(node, workspace, target).await?, LongText::Title, title).await
        }
        TopsRequest::Describe { target, description } => {
            let doc = find(node, workspace, target).await?;
            titled::set(node, workspace, doc, LongText::Description, description).await
        }
        TopsRequest::Delete { target } => {
            super::editing::delete(node, workspace, find(node, workspace, target).await?).await
        }
    }
}

fn usage(message: String) -> ApiError {
    ApiError::new(ErrorKind::Usage, message)
}

/// Finds a set of tops: by its own name or id, or as the only one of a well.
async fn find(node: &Node, workspace: WorkspaceId, target: String) -> Result<DocId, ApiError> {
    node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        let missing = match index.find_described(DocKind::Tops, &target, false) {
            Err(error) if error.kind == ErrorKind::NotFound => error,
            found => return found,
        };
        let Ok(well) = index.find_well(&target) else {
            return Err(missing.hint("dataforge tops list lists what there is"));
        };
        let sets = index.sets_of_tops(Some(&well))?;
        match sets.as_slice() {
            [one] => one.id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed")),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("well {target:?} has no tops"))
                .hint(format!("dataforge tops create {target:?} TITLE makes a set"))),
            several => {
                let ids: Vec<_> = several.iter().map(|set| format!("{} ({})", set.short, set.name)).collect();
                Err(usage(format!("well {target:?} has {} sets of tops", several.len()))
                    .hint(format!("name one of them: {}", ids.join(", "))))
            }
        }
    })
    .await
}

async fn list(node: &Node, workspace: WorkspaceId, well: Option<String>) -> Result<Reply, ApiError> {
    let sets = node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        let well = well.map(|well| index.find_well(&well)).transpose()?;
        index.sets_of_tops(well.as_ref())
    });
    Ok(Reply::TopsSets { sets: sets.await? })
}

async fn show(node: &Node, workspace: WorkspaceId, doc: DocId) -> Result<Reply, ApiError> {
    node.with_core(move |core| in_full(core, workspace, &doc)).await.map(Reply::Tops)
}

/// Returns a set of tops in full, with where they are in space.
///
/// # Errors
/// `NotFound`, `Storage`.
pub(crate) fn in_full(core: &Core, workspace: WorkspaceId, doc: &DocId) -> Result<TopsReply, ApiError> {
    let set = Index::new(core.store.connection(), workspace).set_of_tops(doc)?;
    of_set(core, workspace, doc, set)
}

/// Returns what [`in_full`] does of a set that was listed.
///
/// # Errors
/// `Storage`.
pub(crate) fn of_set(core: &Core, workspace: WorkspaceId, doc: &DocId, set: TopsInfo) -> Result<TopsReply, ApiError> {
    let connection = core.store.connection();
    let mut tops = Index::new(connection, workspace).tops(doc)?;
    let mut survey = None;
    if let Ok(well) = set.well_id.parse() {
        let path = WellPath::load(connection, workspace, &well)?;
        survey = path.survey.map(|survey| survey.to_string());
        for top in &mut tops {
            let placed = path.place(top.depth_m, &top.datum);
            (top.tvd_m, top.tvdss_m, top.unknown) = (placed.tvd_m, placed.tvdss_m, placed.unknown);
        }
    }
    Ok(TopsReply { set, survey, tops })
}

async fn create(
    node: &Node,
    workspace: WorkspaceId,
    well: String,
    title: String,
    description: String,
) -> Result<Reply, ApiError> {
    let facts = Facts::Tops(Origin::Person(titled::nonce()?));
    let doc = facts.doc_id();
    edit(node, workspace, String::new(), move |writer| {
        let well = Index::new(writer.store().connection(), workspace).find_well(&well)?;
        let deps: Vec<_> = writer.opening(&well).into_iter().collect();
        writer.open(&facts, deps.clone())?;
        writer.edit(doc, &deps, Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.file_under(&well, None))?.into_iter().collect())
        })?;
        titled::begin(writer, doc, &title, &description)
    })
    .await?;
    show(node, workspace, doc).await
}

/// Makes a top of what was asked for.
fn checked(number: usize, new: NewTop) -> Result<Top, ApiError> {
    let what = format!("top {number} ({:?})", new.name);
    let (unit, _) = length(&what, &new.unit)?;
    let datum = datum(&what, &new.datum)?;
    let position = |value: f64, datum: &str| {
        Position::new(value, unit, datum).ok_or_else(|| usage(format!("{what}: {value} is no depth")))
    };
    let texts = [Some(&new.name), new.interpreter.as_ref(), new.remark.as_ref()];
    if new.name.trim().is_empty() || texts.into_iter().flatten().any(|text| text.chars().count() > MAX_ITEM_CHARS) {
        return Err(usage(format!("{what}: a name is missing, or a text is longer than {MAX_ITEM_CHARS} characters")));
    }
    if new.base.is_some_and(|base| base < new.depth) {
        return Err(usage(format!("{what}: it ends above where it begins")));
    }
    if new.uncertainty.is_some_and(|uncertainty| uncertainty < 0.0) {
        return Err(usage(format!("{what}: its uncertainty is below 0")));
    }
    Ok(Top {
        depth: position(new.depth, &datum)?,
        base: new.base.map(|base| position(base, &datum)).transpose()?,
        uncertainty: new.uncertainty.map(|value| position(value, "")).transpose()?,
        name: new.name,
        interpreter: new.interpreter.filter(|text| !text.is_empty()),
        remark: new.remark.filter(|text| !text.is_empty()),
    })
}

async fn add(node: &Node, workspace: WorkspaceId, doc: DocId, tops: Vec<NewTop>) -> Result<Reply, ApiError> {
    let checked = (1..).zip(tops).map(|(number, new)| Ok::<_, ApiError>((new_item()?, checked(number, new)?)));
    let tops: Vec<(String, Top)> = checked.collect::<Result<_, ApiError>>()?;
    let ids: Vec<_> = tops.iter().map(|(id, _)| id.clone()).collect();
    edit(node, workspace, format!("added {}", ids.join(", ")), move |writer| {
        let present = writer.document(&doc)?.map_or(0, |document| TopsState::read(&document).tops.len());
        if present + tops.len() > MAX_ITEMS {
            return Err(usage(format!("a set holds {MAX_ITEMS} tops; it has {present}")).hint("make another set"));
        }
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            let mut changes = Vec::new();
            for part in titled::divide(&tops, |(_, top)| bytes(top)) {
                changes
                    .extend(document.edit(actor, |edit| part.iter().try_for_each(|(id, top)| edit.add_top(id, top)))?);
            }
            Ok(changes)
        })?;
        Ok(())
    })
    .await
}

/// About how many bytes a top takes in a change.
fn bytes(top: &Top) -> usize {
    /// Keys, positions and what ops take besides.
    const REST: usize = 600;
    let texts = [Some(&top.name), top.interpreter.as_ref(), top.remark.as_ref()];
    REST + texts.into_iter().flatten().map(String::len).sum::<usize>()
}

/// Finds a top of a set by its id or name.
fn top_of<'a>(state: &'a TopsState, target: &str) -> Result<(&'a String, &'a Top), ApiError> {
    if is_item_id(target)
        && let Some(found) = state.tops.get_key_value(target)
    {
        return Ok(found);
    }
    let named: Vec<_> = state.tops.iter().filter(|(_, top)| top.name == target).collect();
    match named.as_slice() {
        [one] => Ok(*one),
        [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no top {target:?} in this set"))
            .hint("dataforge tops show lists them")),
        several => {
            let ids: Vec<_> = several.iter().map(|(id, top)| format!("{id} (at {})", top.depth)).collect();
            Err(usage(format!("{target:?} names {} tops", several.len()))
                .hint(format!("use an id: {}", ids.join(", "))))
        }
    }
}

/// Returns the text of a field, checked; numbers keep the unit and datum that they have.
fn text_of(top: &Top, field: TopField, value: &str) -> Result<String, ApiError> {
    if value.is_empty() {
        return match field {
            TopField::Name | TopField::Depth => {
                Err(usage(format!("a top has a {}", field.as_str())).hint("tops remove takes a top away"))
            }
            _ => Ok(String::new()),
        };
    }
    if !field.is_position() {
        let fits = value.chars().count() <= MAX_ITEM_CHARS;
        return if fits { Ok(value.to_owned()) } else { Err(usage(format!("the {} is too long", field.as_str()))) };
    }
    let words: Vec<_> = value.split_whitespace().collect();
    let (number, unit, level) = match words.as_slice() {
        [number] => (*number, &*top.depth.unit, &*top.depth.datum),
        [number, unit] => (*number, *unit, &*top.depth.datum),
        [number, unit, level] => (*number, *unit, *level),
        _ => return Err(usage(format!("{value:?} is no depth")).hint("use a number, or a number, unit and datum")),
    };
    let what = field.as_str();
    let (unit, _) = length(what, unit)?;
    let level = if field == TopField::Uncertainty { String::new() } else { datum(what, level)? };
    let number = number.parse::<f64>().ok();
    let position = number.and_then(|number| Position::new(number, unit, &level));
    let position = position.ok_or_else(|| usage(format!("{what}: {value:?} is no depth")))?;
    match field {
        TopField::Depth => check_order(&position, top.base.as_ref())?,
        TopField::Base => check_order(&top.depth, Some(&position))?,
        TopField::Uncertainty if position.value < 0.0 => return Err(usage(format!("{what}: {value:?} is below 0"))),
        _ => {}
    }
    Ok(position.to_string())
}

/// Refuses a zone that ends above where it begins.
fn check_order(depth: &Position, base: Option<&Position>) -> Result<(), ApiError> {
    let Some(base) = base else { return Ok(()) };
    if base.datum != depth.datum {
        return Err(usage(format!("its base is counted from {:?}, its depth from {:?}", base.datum, depth.datum))
            .hint("take the base away first, and set it again after the depth"));
    }
    let metres = |position: &Position| Ok::<_, ApiError>(position.value * length("depth", &position.unit)?.1);
    if metres(base)? < metres(depth)? {
        return Err(usage(format!("it would end at {base}, above where it begins: {depth}")));
    }
    Ok(())
}

async fn set(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    top: String,
    field: String,
    value: String,
) -> Result<Reply, ApiError> {
    let known = TopField::ALL.into_iter().find(|known| known.as_str() == field).ok_or_else(|| {
        let fields = TopField::ALL.map(TopField::as_str);
        usage(format!("there is no field {field:?} here")).hint(format!("fields are: {}", fields.join(", ")))
    })?;
    edit(node, workspace, format!("{field} of {top} is now {value:?}"), move |writer| {
        let document = writer.document(&doc)?.ok_or_else(|| missing(&doc))?;
        let state = TopsState::read(&document);
        let (id, found) = top_of(&state, &top)?;
        let text = text_of(found, known, &value)?;
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.set_top(id, known, &text))?.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

async fn remove(node: &Node, workspace: WorkspaceId, doc: DocId, top: String) -> Result<Reply, ApiError> {
    edit(node, workspace, format!("{top} is removed"), move |writer| {
        let document = writer.document(&doc)?.ok_or_else(|| missing(&doc))?;
        let state = TopsState::read(&document);
        let (id, _) = top_of(&state, &top)?;
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.remove_top(id))?.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

fn missing(doc: &DocId) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("{} is not here any more", doc.fmt_short()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(depth: f64, unit: &str) -> NewTop {
        NewTop { name: "Brent".into(), depth, unit: unit.into(), ..NewTop::default() }
    }

    #[test]
    fn tops_that_cannot_be_are_named_in_the_refusal() {
        let fails = |new: NewTop, part: &str| {
            let error = checked(2, new).unwrap_err();
            assert!(error.message.starts_with("top 2 (") && error.message.contains(part), "{error}");
        };
        fails(new(1500.0, "s"), "no unit of length");
        fails(new(f64::NAN, "m"), "no depth");
        fails(NewTop { base: Some(1499.0), ..new(1500.0, "m") }, "above");
        fails(NewTop { datum: "the kelly".into(), ..new(1500.0, "m") }, "no datum");
        fails(NewTop { name: " ".into(), ..new(1500.0, "m") }, "name");
        let top = checked(1, NewTop { datum: "rkb".into(), ..new(1500.0, "M") }).unwrap();
        assert_eq!(top.depth.to_string(), "1500 m KB");
    }

    #[test]
    fn a_number_alone_keeps_unit_and_datum() {
        let top = checked(1, NewTop { datum: "KB".into(), ..new(5000.0, "ft") }).unwrap();
        assert_eq!(text_of(&top, TopField::Depth, "5010.5").unwrap(), "5010.5 ft KB");
        assert_eq!(text_of(&top, TopField::Depth, "1527 m GL").unwrap(), "1527 m GL");
        assert_eq!(text_of(&top, TopField::Uncertainty, "2").unwrap(), "2 ft");
        assert_eq!(text_of(&top, TopField::Base, "1600 m").unwrap(), "1600 m KB");
        assert_eq!(text_of(&top, TopField::Base, "").unwrap(), "");
        for (field, value) in [
            (TopField::Depth, ""),
            (TopField::Depth, "deep"),
            (TopField::Base, "1500 m"),
            (TopField::Base, "6000 ft GL"),
            (TopField::Base, "6000 s"),
            (TopField::Uncertainty, "-1"),
        ] {
            assert!(text_of(&top, field, value).is_err(), "{value}");
        }
    }
}
