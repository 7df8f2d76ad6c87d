//! Whether there is room for a file, asked before anything of it is read.

use std::path::Path;

use super::files::Files;
use super::{failure, read};
use crate::api::ApiError;
use crate::node::Node;

/// Files from so many bytes on are asked about one by one: the rest never fills a disk unseen, because
/// there is another look before each group is stored.
const LARGE: u64 = 64 << 20;

/// Takes out of the files those that are larger than is read, and those there is no room for.
pub(super) fn refuse_large(node: &Node, found: &mut Files, most: u64) {
    let refused = |path: &Path| -> Option<ApiError> {
        let size = std::fs::metadata(path).map_or(0, |data| data.len());
        if size > most {
            return Some(read::too_large(size, most));
        }
        if size < LARGE { None } else { node.check_space(size).err() }
    };
    let mut kept = Vec::new();
    for (path, kind) in std::mem::take(&mut found.files) {
        match refused(&path) {
            Some(error) => found.failed.push(failure(&path, &error)),
            None => kept.push((path, kind)),
        }
    }
    found.files = kept;
}
