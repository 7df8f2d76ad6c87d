//! Which workspace a call is about.

use std::collections::BTreeMap;

use arrow_flight::Action;
use prost::Message as _;

use super::*;
use crate::flight::session::{
    CloseSessionResult, GetSessionOptionsResult, SessionError, SessionOptionValue, SetSessionOptionsRequest,
    SetSessionOptionsResult,
};

const WELLS: &str = "select count(*) from wells";

/// Does an action and returns its answer with the cookie that came with it.
async fn act(place: &Place, action: Action, cookie: Option<&str>) -> (bytes::Bytes, Option<String>) {
    let mut request = tonic::Request::new(action);
    request.metadata_mut().insert("authorization", format!("Bearer {}", place.token).parse().unwrap());
    if let Some(cookie) = cookie {
        request.metadata_mut().insert("cookie", cookie.parse().unwrap());
    }
    let response = place.stranger().await.inner_mut().do_action(request).await.unwrap();
    let set = response.metadata().get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
    (response.into_inner().message().await.unwrap().unwrap().body, set)
}

async fn set(
    place: &Place,
    name: &str,
    value: &str,
    cookie: Option<&str>,
) -> (SetSessionOptionsResult, Option<String>) {
    let session_options = BTreeMap::from([(name.to_owned(), SessionOptionValue::from(value.to_owned()))]);
    let request = SetSessionOptionsRequest { session_options };
    let (body, set) = act(place, Action::new("SetSessionOptions", request.encode_to_vec()), cookie).await;
    (SetSessionOptionsResult::decode(body).unwrap(), set)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_chooses_the_workspace_where_there_are_several() {
    let place = Place::new().await;
    init(&place.node, "south").await;
    let mut client = place.client().await;
    let error = ask(&mut client, WELLS).await.unwrap_err();
    assert!(error.to_string().contains("several workspaces"), "{error}");
    for (name, wells) in [("north", "1\n"), ("south", "0\n")] {
        client.set_header("database", name);
        assert_eq!(csv(&ask(&mut client, WELLS).await.unwrap()), wells, "{name}");
        let info = client.get_catalogs().await.unwrap();
        assert!(!fetch(&mut client, info).await.unwrap().is_empty());
    }
    client.set_header("database", "west");
    assert_eq!(code(&ask(&mut client, WELLS).await.unwrap_err()), Code::NotFound);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_remembers_its_workspace_until_it_is_closed() {
    let place = Place::new().await;
    init(&place.node, "south").await;
    let (result, cookie) = set(&place, "workspace", "north", None).await;
    assert_eq!(result.errors, BTreeMap::new());
    let cookie = cookie.unwrap();
    let mut client = place.client().await;
    client.set_header("cookie", cookie.clone());
    assert_eq!(csv(&ask(&mut client, WELLS).await.unwrap()), "1\n");

    // The name of a workspace will do as a catalog too, which is all that some drivers can set.
    let (result, again) = set(&place, "catalog", "south", Some(&cookie)).await;
    assert_eq!((result.errors, again), (BTreeMap::new(), None));
    assert_eq!(csv(&ask(&mut client, WELLS).await.unwrap()), "0\n");

    let (body, _) = act(&place, Action::new("GetSessionOptions", ""), Some(&cookie)).await;
    let options = GetSessionOptionsResult::decode(body).unwrap().session_options;
    assert_eq!(options["workspace"], SessionOptionValue::from("south".to_owned()));
    assert!(options.contains_key("catalog") && options.contains_key("schema"));

    let (body, ended) = act(&place, Action::new("CloseSession", ""), Some(&cookie)).await;
    assert_eq!(CloseSessionResult::decode(body).unwrap(), CloseSessionResult::CLOSED);
    assert!(ended.unwrap().ends_with("Max-Age=0"));
    assert!(ask(&mut client, WELLS).await.is_err());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_cannot_be_set_say_why() {
    let place = Place::new().await;
    let (result, _) = set(&place, "workspace", "west", None).await;
    assert_eq!(result.errors["workspace"], SessionError::INVALID_VALUE);
    let (result, _) = set(&place, "colour", "red", None).await;
    assert_eq!(result.errors["colour"], SessionError::INVALID_NAME);
    // The catalog that there is can be chosen, as tools do with what they were shown.
    let mut client = place.client().await;
    let info = client.get_catalogs().await.unwrap();
    let catalog = csv(&fetch(&mut client, info).await.unwrap()).trim().to_owned();
    let (result, _) = set(&place, "catalog", &catalog, None).await;
    assert_eq!(result.errors, BTreeMap::new());
    place.close().await;
}
