//! Lists, and what describes the routes.

use dataforge_node::api::API_VERSION;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_those_of_the_program() {
    let place = Place::open().await;
    let workspaces = place.get("/v1/workspaces").await.json();
    assert_eq!(workspaces["reply"], "workspaces");
    assert_eq!(workspaces["workspaces"][0]["name"], "Field");
    let wells = place.get("/v1/wells?workspace=Field").await.json();
    assert_eq!((&wells["api"], &wells["reply"]), (&Value::from(API_VERSION), &Value::from("wells")));
    let wells = wells["wells"].as_array().unwrap();
    assert_eq!(wells.len(), 2);
    let id = wells[0]["id"].as_str().unwrap();
    let runs = place.get(&format!("/v1/runs?well={id}")).await.json();
    let runs = runs["runs"].as_array().unwrap();
    assert_eq!((runs.len(), runs[0]["well_id"].as_str().unwrap()), (1, id));
    let of_one = place.get(&format!("/v1/curves?run={}", runs[0]["id"].as_str().unwrap())).await.json();
    let of_all = place.get("/v1/curves").await.json();
    let count = |curves: &Value| curves["curves"].as_array().unwrap().len();
    assert!(0 < count(&of_one) && count(&of_one) < count(&of_all));
    for target in ["/v1/wells?workspace=nowhere", "/v1/runs?well=nowhere", "/v1/curves?run=nowhere"] {
        assert_eq!(place.get(target).await.problem(), (404, "not_found".to_owned()), "{target}");
    }
    place.close().await;
}

/// Returns the paths with their methods, as the description has them.
fn operations(description: &Value) -> Vec<(String, String)> {
    let paths = description["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().keys().cloned();
        methods.map(|method| (path.clone(), method)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_has_every_route_and_no_other() {
    let place = Place::open().await;
    let description = place.get("/v1/openapi.json").await.json();
    let mut described: Vec<_> = description["paths"].as_object().unwrap().keys().cloned().collect();
    let mut routes: Vec<_> = ROUTES.iter().map(|(path, _)| listing::described(path)).collect();
    let told: Vec<String> = serde_json::from_value(place.get("/v1").await.json()["paths"].clone()).unwrap();
    assert_eq!(told, routes);
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
    let run = place.get("/v1/runs").await.json()["runs"][0]["id"].as_str().unwrap().to_owned();
    for (path, method) in operations(&description) {
        let method = method.to_uppercase();
        let target = match path.as_str() {
            "/v1/sql" if method == "GET" => "/v1/sql?q=select%201".to_owned(),
            path => path.replace("{id}", &run),
        };
        let headers = [("Content-Type", "application/json"), ("X-DataForge", "1")];
        let body: &[u8] = if method == "POST" { br#"{"sql": "select 1"}"# } else { b"" };
        let answer = place.ask(&method, &target, &headers, body).await;
        assert!(![404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
    }
    place.close().await;
}

#[test]
fn what_the_description_refers_to_is_there() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    found.push(reference.clone());
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let description: Value = serde_json::from_str(listing::OPENAPI).unwrap();
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 20, "it refers to what is shared");
    for reference in found {
        assert!(description.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}
