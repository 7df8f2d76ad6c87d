//! Tests of relating sections.

use super::*;
use crate::encoding::Text;
use crate::section;

/// Returns each data set as `name number: titles of definitions / titles of parameters`.
fn plans(titles: &[&str]) -> Vec<String> {
    let text: String = titles.iter().map(|title| format!("{title}\n")).collect();
    let text = Text::Whole(text.into());
    let sections = section::split(&text, false).unwrap().all;
    let named = |found: &[usize]| found.iter().map(|&at| at.to_string()).collect::<Vec<_>>().join(" ");
    let plan = |plan: SetPlan| {
        let number = plan.number.map_or(String::new(), |number| format!("[{number}]"));
        format!("{}{number}: {} / {}", plan.name, named(&plan.definition), named(&plan.parameters))
    };
    find(&sections).into_iter().map(plan).collect()
}

#[test]
fn one_log_has_all_curves_before_it_and_all_parameters() {
    assert_eq!(plans(&["~V", "~C", "~P", "~Curve", "~A", "~Params", "~Curve"]), ["Log: 1 3 / 2 5"]);
    assert_eq!(plans(&["~V", "~A", "~C"]), ["Log: 2 / "]);
}

#[test]
fn repeated_triples_go_by_place() {
    let titles = ["~V", "~Parameter", "~Curve", "~Ascii", "~Parameter", "~Curve", "~Ascii", "~Ascii"];
    assert_eq!(plans(&titles), ["Log: 2 / 1", "Log: 5 / 4", "Log: 5 / 4"]);
    let behind = ["~V", "~A", "~Curve", "~Parameter", "~A", "~Curve"];
    assert_eq!(plans(&behind), ["Log: 2 / 3", "Log: 5 / 3"]);
}

#[test]
fn names_relate_sections_in_any_order_and_case() {
    let titles = ["~V", "~CORE_DATA | core_definition", "~Core_Parameter", "~Core_Definition"];
    assert_eq!(plans(&titles), ["CORE: 3 / 2"]);
    let old = [
        "~V",
        "~TEST_Definition",
        "~Curve",
        "~Test | TEST_DEFINITION",
        "~Core_Definition",
        "~Core[1] | Core_Definition",
    ];
    assert_eq!(plans(&old), ["Test: 1 / ", "Core[1]: 4 / "]);
    let odd = ["~V", "~Phase_Definition_RMDATA", "~Phase_data_RMDATA | Phase_Definition_RMDATA"];
    assert_eq!(plans(&odd), ["Phase_RMDATA: 1 / "]);
}

#[test]
fn numbers_choose_their_own_or_the_shared_section() {
    let titles = [
        "~V",
        "~Core_Parameter",
        "~Core_Parameter[2]",
        "~Core_Definition",
        "~Core_Definition[2]",
        "~Core_Data[1] | Core_Definition",
        "~Core_Data[2] | Core_Definition[2]",
        "~Core_Data[3] | Core_Definition[3]",
        "~Core_Data[2]",
    ];
    assert_eq!(plans(&titles), ["Core[1]: 3 / 1", "Core[2]: 4 / 2", "Core[3]: 3 / 1", "Core[2]: 4 / 2"]);
}

#[test]
fn logs_may_be_numbered_too() {
    let titles = [
        "~V",
        "~Log_Parameter",
        "~Log_Definition[1]",
        "~Log_Data[1] | Log_Definition[1]",
        "~Log_Definition[2]",
        "~Log_Parameter[2]",
        "~Log_Data[2] | Log_Definition[2]",
    ];
    assert_eq!(plans(&titles), ["Log[1]: 2 / 1", "Log[2]: 4 / 5"]);
    let shared = ["~V", "~Log_Definition", "~Log_Data[1] | Log_Definition", "~Log_Data[2] | Log_Definition"];
    assert_eq!(plans(&shared), ["Log[1]: 1 / ", "Log[2]: 1 / "]);
    let legacy = ["~V", "~Curve", "~ASCII | CURVE", "~Curve", "~ASCII | CURVE"];
    assert_eq!(plans(&legacy), ["Log: 1 / ", "Log: 3 / "]);
}

#[test]
fn an_association_with_nothing_is_told() {
    let text = Text::Whole("~V\n~Core_Definition\n~Core_Data | Kore_Definition\n~Tops_Data\n".into());
    let plans = find(&section::split(&text, false).unwrap().all);
    assert_eq!((plans[0].definition.clone(), plans[0].lost.as_deref()), (vec![1], Some("Kore_Definition")));
    assert_eq!((plans[1].definition.clone(), plans[1].kind), (Vec::new(), SetKind::Tops));
}
