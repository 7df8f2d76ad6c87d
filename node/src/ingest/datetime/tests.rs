use super::*;

fn column(cells: &[&str], options: TimeOptions) -> Result<Times, NotTimes> {
    parse_column(cells.iter().map(|&cell| Some(cell).filter(|cell| !cell.is_empty())), options)
}

fn seconds(cells: &[&str]) -> Vec<f64> {
    column(cells, TimeOptions::default()).unwrap().seconds
}

fn one(cell: &str) -> f64 {
    seconds(&[cell])[0]
}

/// 2020-01-05T13:07:09Z
const MOMENT: f64 = 1_578_229_629.0;

#[test]
fn iso_dates_and_times_are_read() {
    for text in [
        "2020-01-05T13:07:09Z",
        "2020-01-05 13:07:09",
        "2020/01/05 13:07:09",
        "2020-01-05T15:07:09+02:00",
        "2020-01-05T10:37:09-0230",
        "2020-01-05 13:07:09 UTC",
        "20200105T130709",
        "20200105130709",
        "2020.1.5 13:07:09",
    ] {
        assert_eq!(one(text), MOMENT, "{text}");
    }
    assert_eq!(one("2020-01-05T13:07:09.250"), MOMENT + 0.25);
    assert_eq!(one("2020-01-05"), 1_578_182_400.0);
    assert_eq!(one("1969-12-31T23:59:59Z"), -1.0);
    assert_eq!(one("2020-01-04 24:00"), 1_578_182_400.0);
}

#[test]
fn month_names_tell_the_order() {
    for text in [
        "05-Jan-20",
        "5-JAN-2020",
        "05 January 2020",
        "Jan 5, 2020",
        "January 5 2020",
        "Sun, 5 Jan 2020",
        "Sunday Jan 5, 2020",
        "2020-Jan-05",
        "5. Jan. 2020",
    ] {
        // A full stop behind the day needs a blank as separator after it.
        let text = text.replace("5. Jan", "5 Jan");
        assert_eq!(one(&text), 1_578_182_400.0, "{text}");
    }
    assert_eq!(one("05-Jan-20 1:07:09 PM"), MOMENT);
    assert_eq!(one("01-Jan-70"), 0.0);
    assert_eq!(one("01-Jan-69"), 3_124_224_000.0, "in this century");
}

#[test]
fn day_and_month_are_told_apart_by_evidence_only() {
    let day_first = column(&["05/01/2020", "13/01/2020"], TimeOptions::default()).unwrap();
    assert_eq!(day_first.seconds, [1_578_182_400.0, 1_578_873_600.0]);
    assert_eq!(day_first.form.order, Some(Order::DayMonthYear));
    let month_first = column(&["01/05/2020", "01/13/2020"], TimeOptions::default()).unwrap();
    assert_eq!(month_first.seconds, day_first.seconds);
    let doubtful = ["", "05/06/2020", "07/08/2020"];
    assert_eq!(column(&doubtful, TimeOptions::default()), Err(NotTimes::Ambiguous { row: 1 }));
    let given = |order| TimeOptions { order: Some(order), ..TimeOptions::default() };
    let may = column(&doubtful, given(Order::MonthDayYear)).unwrap().seconds[1];
    let june = column(&doubtful, given(Order::DayMonthYear)).unwrap().seconds[1];
    assert_eq!((may, june), (1_588_723_200.0, 1_591_315_200.0 - 86_400.0 + 86_400.0));
    assert_eq!(column(&["05/05/2020"], TimeOptions::default()).unwrap().form.order, None, "the same either way");
    assert_eq!(column(&["13/01/2020", "01/13/2020"], TimeOptions::default()), Err(NotTimes::Mixed { row: 1 }));
    assert_eq!(column(&["20/01/05"], given(Order::YearMonthDay)).unwrap().seconds, [1_578_182_400.0]);
}

#[test]
fn evidence_against_the_given_order_is_no_date() {
    let given = TimeOptions { order: Some(Order::MonthDayYear), ..TimeOptions::default() };
    assert_eq!(column(&["05/01/2020", "13/01/2020"], given), Err(NotTimes::Other { row: 1 }));
}

#[test]
fn times_alone_are_seconds_since_midnight() {
    let times = column(&["00:00", "1:05", "13:07:09.5", "12:00 AM", "11:59:59 pm"], TimeOptions::default()).unwrap();
    assert_eq!(times.seconds, [0.0, 3_900.0, 47_229.5, 0.0, 86_399.0]);
    assert_eq!((times.form.date, times.form.time), (false, true));
}

#[test]
fn one_column_is_written_in_one_way() {
    assert_eq!(column(&["2020-01-05", "13:00"], TimeOptions::default()), Err(NotTimes::Mixed { row: 1 }));
    let zones = ["2020-01-05T00:00Z", "2020-01-05T01:00"];
    assert_eq!(column(&zones, TimeOptions::default()), Err(NotTimes::Mixed { row: 1 }));
    let midnight = ["2020-01-05", "2020-01-05 01:00"];
    assert_eq!(seconds(&midnight), [1_578_182_400.0, 1_578_186_000.0], "spreadsheets leave midnight out");
    assert_eq!(column(&["2020-01-05", "x"], TimeOptions::default()), Err(NotTimes::Other { row: 1 }));
    assert_eq!(column(&["", " "], TimeOptions::default()), Err(NotTimes::Empty));
}

#[test]
fn an_offset_counts_where_no_zone_is_named() {
    let ahead = TimeOptions { utc_offset_minutes: 180, ..TimeOptions::default() };
    assert_eq!(column(&["2020-01-05 16:07:09"], ahead).unwrap().seconds, [MOMENT]);
    assert_eq!(column(&["2020-01-05T13:07:09Z"], ahead).unwrap().seconds, [MOMENT]);
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "-",
        "12",
        "1.5",
        "2020",
        "2020-13-01",
        "2020-02-30",
        "32/01/2020",
        "13/13/2020",
        "25:00",
        "12:60",
        "1:5",
        "Monday",
        "May",
        "1-2-3",
        "2020-01-05X",
        "2020-01-05T",
        "2020-01-05 13",
        "5 Foo 2020",
        "1/2/020",
        "GR",
        "ГК",
        "2020-01-05T13:00+99:00",
        "13:00 AM",
        "0000-00-00",
        "1.2.3.4",
        "2020-01-05 13:00 CET",
        "05/Jan/2020/1",
    ] {
        assert!(column(&[text], TimeOptions::default()).is_err(), "{text}");
    }
}

#[test]
fn days_of_spreadsheets_are_counted_from_either_year() {
    assert_eq!(from_serial(25_569.0, false), Some(0.0));
    assert_eq!(from_serial(43_835.546_631_944_4, false), Some(MOMENT));
    assert_eq!(from_serial(43_835.546_631_944_4 - 1_462.0, true), Some(MOMENT));
    assert_eq!(from_serial(1.0, false).map(iso_text).as_deref(), Some("1900-01-01"));
    assert_eq!(from_serial(59.0, false).map(iso_text).as_deref(), Some("1900-02-28"));
    assert_eq!(from_serial(60.0, false), None, "a day that never was");
    assert_eq!(from_serial(61.0, false).map(iso_text).as_deref(), Some("1900-03-01"));
    assert_eq!(from_serial(0.0, true).map(iso_text).as_deref(), Some("1904-01-01"));
    for serial in [-1.0, 2_958_466.0, f64::NAN, f64::INFINITY] {
        assert_eq!(from_serial(serial, false), None, "{serial}");
    }
}

#[test]
fn seconds_are_written_as_text_that_reads_back() {
    assert_eq!(iso_text(MOMENT), "2020-01-05T13:07:09");
    assert_eq!(iso_text(MOMENT + 0.25), "2020-01-05T13:07:09.250");
    assert_eq!(iso_text(-86_400.0), "1969-12-31");
    for seconds in [0.0, MOMENT, MOMENT + 0.125, -0.5] {
        assert_eq!(one(&iso_text(seconds)), seconds);
    }
    assert_eq!(clock_text(90_062.5), "25:01:02.5");
    assert_eq!(clock_text(-1.0), "-00:00:01");
    assert_eq!(one(&clock_text(47_229.25)), 47_229.25);
}
