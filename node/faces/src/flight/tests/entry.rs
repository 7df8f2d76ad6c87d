//! Who may call, and how many at a time.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_without_the_token() {
    let place = Place::new().await;
    let mut stranger = place.stranger().await;
    assert_eq!(code(&stranger.get_catalogs().await.unwrap_err()), Code::Unauthenticated);
    assert_eq!(code(&stranger.execute("select 1".to_owned(), None).await.unwrap_err()), Code::Unauthenticated);
    stranger.set_token("f".repeat(64));
    let error = stranger.get_sql_info(Vec::new()).await.unwrap_err();
    assert_eq!(code(&error), Code::Unauthenticated);
    assert!(error.to_string().contains("faces.token"), "{error}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_gives_the_token_for_the_token_as_password() {
    let place = Place::new().await;
    let mut client = place.stranger().await;
    let error = client.handshake("anybody", "wrong").await.unwrap_err();
    assert!(error.to_string().contains("not the token"), "{error}");
    assert_eq!(client.token(), None);
    let payload = client.handshake("anybody", &place.token).await.unwrap();
    assert_eq!(payload, place.token.as_bytes());
    assert_eq!(client.token(), Some(&place.token));
    assert_eq!(csv(&ask(&mut client, "select 1").await.unwrap()), "1\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_other_hosts_are_refused_even_with_the_token() {
    let place = Place::new().await;
    let mut page = place.client().await;
    page.set_header("origin", "http://127.0.0.1");
    assert_eq!(code(&page.get_catalogs().await.unwrap_err()), Code::PermissionDenied);

    let port = place.at.port();
    for (host, admitted) in [("evil.example", false), ("localhost", true)] {
        let endpoint = Endpoint::from_shared(format!("http://{}", place.at)).unwrap();
        let channel = endpoint.origin(format!("http://{host}:{port}").parse().unwrap()).connect().await.unwrap();
        let mut client = FlightSqlServiceClient::new(channel);
        client.set_token(place.token.clone());
        match client.get_catalogs().await {
            Ok(_) => assert!(admitted, "{host}"),
            Err(error) => {
                assert!(!admitted, "{host}: {error}");
                assert_eq!(code(&error), Code::PermissionDenied);
                assert!(error.to_string().contains("evil.example"), "{error}");
            }
        }
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_closed_and_there_is_room_again_later() {
    let place = Place::within(Bounds { connections: 1, ..Bounds::default() }).await;
    let mut first = place.client().await;
    first.get_catalogs().await.unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", place.at)).unwrap();
    let mut second = FlightSqlServiceClient::new(endpoint.connect_lazy());
    second.set_token(place.token.clone());
    assert!(second.get_catalogs().await.is_err());
    drop(first);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while second.get_catalogs().await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "there is no room");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_on_which_nobody_shows_the_token() {
    let within = Duration::from_secs(2);
    let place = Place::within(Bounds { connections: 2, show_token: within, ..Bounds::default() }).await;
    let mut client = place.client().await;
    let sql = "select sum(value % 7) from generate_series(1, 1000000000000)";
    let info = client.execute(sql.to_owned(), None).await.unwrap();
    let mut endless = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    let mut silent = tokio::net::TcpStream::connect(place.at).await.unwrap();
    let mut said = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut said)).await;
    drop(ended.expect("it is closed"));
    // Who has shown it stays as long as wanted.
    assert!(tokio::time::timeout(within * 2, endless.try_next()).await.is_err());
    drop(endless);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_with_the_face() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let sql = "select sum(value % 7) from generate_series(1, 1000000000000)";
    let info = client.execute(sql.to_owned(), None).await.unwrap();
    let mut endless = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    place.serving.abort();
    let ended = tokio::time::timeout(Duration::from_secs(20), endless.try_next()).await;
    assert!(ended.expect("it ends").is_err());
    assert!(client.get_catalogs().await.is_err());
    place.close().await;
}
