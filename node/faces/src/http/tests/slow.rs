//! Clients that take their time, or too much.

use super::*;

/// Waits until the other side closes; returns what came before.
async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    drop(read);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_do_not_end_and_idle_connections_are_closed() {
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let place = Place::within(limits).await;
    let mut half = TcpStream::connect(place.at).await.unwrap();
    half.write_all(format!("GET /v1 HTTP/1.1\r\nHost: {}\r\n", place.host()).as_bytes()).await.unwrap();
    let told = until_closed(&mut half).await;
    assert!(!told.starts_with(b"HTTP/1.1 2"), "{:?}", String::from_utf8_lossy(&told));
    let mut idle = TcpStream::connect(place.at).await.unwrap();
    assert_eq!(until_closed(&mut idle).await, b"");
    // Between two requests of one connection as well.
    let mut kept = TcpStream::connect(place.at).await.unwrap();
    let head = format!("GET /v1 HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\r\n", place.host(), place.bearer());
    kept.write_all(head.as_bytes()).await.unwrap();
    assert!(until_closed(&mut kept).await.starts_with(b"HTTP/1.1 200"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_makes_room_for_others() {
    let limits = Limits { connections: 1, stall: Duration::from_millis(500), ..Limits::default() };
    let place = Place::within(limits).await;
    let (host, bearer) = (place.host(), place.bearer());
    let headers = [("Host", host.as_str()), ("Authorization", bearer.as_str())];
    let sql = "select repeat('x', 10000) as text from generate_series(1, 1000000000) t(x)";
    let mut greedy = TcpStream::connect(place.at).await.unwrap();
    let target = format!("/v1/sql?format=csv&q={}", escaped(sql));
    greedy.write_all(&request("GET", &target, &headers, &[])).await.unwrap();
    let mut begun = [0; 12];
    greedy.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    // From now on it reads no more, and it has the only place.
    assert_eq!(place.get("/v1").await.status, 200);
    drop(greedy);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_are_bounded() {
    let place = Place::open().await;
    let long = "x".repeat(40 << 10);
    let by_header = place.ask("GET", "/v1", &[("X-Long", &long)], &[]).await;
    assert_eq!(by_header.status, 431);
    let by_target = place.get(&format!("/v1/sql?q=select%20%27{long}%27")).await;
    assert!([414, 431].contains(&by_target.status), "{by_target:?}");
    let many = [("X-Many", "x"); 80];
    assert_eq!(place.ask("GET", "/v1", &many, &[]).await.status, 431);
    // A statement of the greatest length that is taken has its place in a body.
    let sql = format!("select length('{}') as n", "x".repeat(50 << 10));
    let answer = place.ask("POST", "/v1/sql", &[("Content-Type", "text/plain")], sql.as_bytes()).await;
    assert_eq!(answer.json()[0]["n"], 50 << 10);
    place.close().await;
}
