//! Tests of oddities that the first rows do not show, and of what stands behind the last.

use super::*;

/// Returns more rows than are looked at to find out what a row is.
fn many_rows() -> String {
    (0..5_000).map(|row| format!("{row} {row}.5 -1.25\n")).collect()
}

#[test]
fn values_glued_on_every_row_are_taken_apart() {
    let rows: String = (0..9).map(|row| format!("{row} {row}.5-999.25\n")).collect();
    let reading = plain(&["D", "A", "B"], &rows);
    assert_eq!(numbers(&reading)[1], (0..9).map(|row| f64::from(row) + 0.5).collect::<Vec<_>>());
    assert!(numbers(&reading)[2].iter().all(|value| value.is_nan()));
    assert_eq!(kinds(&reading), [NoticeKind::RunOn; 9]);
}

#[test]
fn values_glued_late_are_taken_apart() {
    let reading = plain(&["D", "A", "B"], &format!("{}5000 7.5-2.25\n5001 8 9\n", many_rows()));
    let last: Vec<_> = numbers(&reading).iter().map(|column| column[5_000]).collect();
    assert_eq!(last, [5_000.0, 7.5, -2.25]);
    assert_eq!(kinds(&reading), [NoticeKind::RunOn]);
    assert_eq!(reading.report.notices[0].line, 5_011);
}

#[test]
fn a_word_late_makes_the_whole_column_text() {
    let reading = plain(&["D", "A", "B"], &format!("{}5000 7.50 ERR\n", many_rows()));
    assert_eq!(texts(&reading, 2)[4_999..], [Some("-1.25"), Some("ERR")]);
    assert_eq!(numbers(&reading)[1][5_000], 7.5);
}

#[test]
fn a_lone_number_behind_the_rows_is_a_remark() {
    for end in ["5000", "1", "2 \n\n", "99999.5"] {
        let text = file("WRAP. NO:\n", &["D", "A", "B"], &(many_rows() + end));
        let reading = read_text(&text.replace("\n2 2.5 -1.25\n", "\n2 WORD -1.25\n"));
        let is_next = end == "5000";
        let kind = if is_next { NoticeKind::Truncated } else { NoticeKind::StrayLine };
        assert_eq!(kinds(&reading), [NoticeKind::TextColumn, kind], "{end}");
        assert_eq!(reading.file.data[0].rows, 5_000 + usize::from(is_next), "{end}");
        assert_eq!(texts(&reading, 1).len(), reading.file.data[0].rows);
    }
}

#[test]
fn text_before_the_first_title_is_kept() {
    let text = format!("Exported by hand\n\n{}", file("WRAP. NO:\n", &["D", "A"], "1 2\n"));
    let reading = read_text(&text);
    assert_eq!(reading.file.sections[0].text, [(1, "Exported by hand".to_owned())]);
    assert_columns(&reading, &[&[1.0], &[2.0]]);
}

#[test]
fn comments_among_wrapped_rows_keep_their_place() {
    let reading = read_text(&file("WRAP. YES:\n", &["D", "A", "B"], "# a\n1\n2 3\n# b\n4\n# c\n5 6\n# d\n"));
    let kept: Vec<_> = reading.file.data[0].comments.iter().map(|c| (c.row, c.text.as_str())).collect();
    assert_eq!(kept, [(0, "# a"), (1, "# b"), (2, "# c"), (2, "# d")]);
    assert_columns(&reading, &[&[1.0, 4.0], &[2.0, 5.0], &[3.0, 6.0]]);
}

#[test]
fn comments_are_bounded() {
    let reading = plain(&["D", "A"], &format!("1 2\n{}3 4\n", "#\n".repeat(crate::limits::MAX_COMMENTS + 2)));
    assert_eq!(reading.file.data[0].comments.len(), crate::limits::MAX_COMMENTS);
    assert_eq!(kinds(&reading), [NoticeKind::Comment; 2]);
    assert_eq!(reading.file.data[0].rows, 2);
}
