//! Who is answered (T17, T18).

use super::*;

/// Nothing of these may ever be sent: pages of others would be let in.
fn lets_no_page_in(answer: &Answer) {
    let lets_in = answer.headers.keys().find(|name| name.starts_with("access-control-"));
    assert_eq!(lets_in, None);
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn method_host_origin_and_site_are_judged_together() {
    let place = Place::open().await;
    let port = place.at.port();
    let other = port.wrapping_add(1);
    // Each with whether it is that of this face.
    let hosts = [
        (format!("127.0.0.1:{port}"), true),
        (format!("LocalHost:{port}"), true),
        (format!("[::1]:{port}"), true),
        ("127.0.0.1".to_owned(), false),
        (format!("127.0.0.1:{other}"), false),
        (format!("rebound.example:{port}"), false),
        (format!("localhost.example:{port}"), false),
        (format!("127.0.0.2:{port}"), false),
        (format!("localhost:{port}@x.example"), false),
    ];
    let origins = [
        (None, true),
        (Some(format!("http://127.0.0.1:{port}")), true),
        (Some("null".to_owned()), false),
        (Some(format!("https://127.0.0.1:{port}")), false),
        (Some(format!("http://127.0.0.1:{other}")), false),
        (Some("http://page.example".to_owned()), false),
        (Some(format!("http://127.0.0.1:{port}.page.example")), false),
    ];
    let sites = [
        (None, true),
        (Some("same-origin"), true),
        (Some("none"), true),
        (Some("same-site"), false),
        (Some("cross-site"), false),
        (Some("Same-Origin"), false),
    ];
    let methods: [(&str, &str, &[u8], u16); 6] = [
        ("GET", "/v1", b"", 200),
        ("HEAD", "/v1", b"", 200),
        ("GET", "/v1/nothing", b"", 404),
        ("OPTIONS", "/v1/sql", b"", 405),
        ("POST", "/v1/sql", b"select 1", 200),
        // It does not say that it means to write.
        ("DELETE", "/v1/wells", b"", 403),
    ];
    let bearer = place.bearer();
    let mut cases = 0;
    for (host, is_own_host) in &hosts {
        for (origin, is_own_origin) in &origins {
            for (site, is_near) in &sites {
                for (method, target, body, status) in methods {
                    let mut headers = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
                    headers.extend(origin.as_ref().map(|origin| ("Origin", origin.as_str())));
                    headers.extend(site.map(|site| ("Sec-Fetch-Site", site)));
                    headers.push(("Content-Type", "text/plain"));
                    let answer = send(place.at, method, target, &headers, body).await;
                    let expected = if *is_own_host && *is_own_origin && *is_near { status } else { 403 };
                    assert_eq!(answer.status, expected, "{method} {target} {headers:?}");
                    lets_no_page_in(&answer);
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 9 * 7 * 6 * 6);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_taken_from_its_header_and_from_nowhere_else() {
    let place = Place::open().await;
    let (host, token) = (place.host(), place.token.clone());
    let wrong = format!("Bearer {}", "0".repeat(token.len()));
    let (right, lower) = (place.bearer(), format!("bearer {token}"));
    let (basic, bare, cut) = (format!("Basic {token}"), token.clone(), right[..right.len() - 1].to_owned());
    let (cookie, longer) = (format!("token={token}; Authorization=Bearer {token}"), format!("{right}0"));
    let cases: [(&[(&str, &str)], u16); 11] = [
        (&[("Authorization", &right)], 200),
        (&[("Authorization", &lower)], 200),
        (&[], 401),
        (&[("Authorization", "")], 401),
        (&[("Authorization", &wrong)], 401),
        (&[("Authorization", &basic)], 401),
        (&[("Authorization", &bare)], 401),
        (&[("Authorization", &cut)], 401),
        (&[("Authorization", &longer)], 401),
        (&[("Authorization", &right), ("Authorization", &right)], 401),
        (&[("Cookie", &cookie), ("X-Token", &token)], 401),
    ];
    for (shown, status) in cases {
        let headers = [&[("Host", host.as_str())][..], shown].concat();
        let answer = send(place.at, "GET", "/v1", &headers, &[]).await;
        assert_eq!(answer.status, status, "{shown:?}");
        lets_no_page_in(&answer);
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(answer.problem().1, "not_allowed");
        }
    }
    // What there is is not told either.
    for target in ["/v1/nothing", "/", &format!("/v1?token={token}"), &format!("/v1?access_token={token}")] {
        assert_eq!(send(place.at, "GET", target, &[("Host", &host)], &[]).await.status, 401, "{target}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_clear_about_whom_they_ask_are_refused() {
    let place = Place::open().await;
    let (host, bearer) = (place.host(), place.bearer());
    let auth = format!("Authorization: {bearer}\r\nConnection: close\r\n");
    for (head, status) in [
        (format!("GET /v1 HTTP/1.1\r\n{auth}"), 400),
        (format!("GET /v1 HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n{auth}"), 400),
        (format!("GET /v1 HTTP/1.1\r\nHost: {host}\r\nHost: page.example\r\n{auth}"), 400),
        (format!("GET http://page.example/v1 HTTP/1.1\r\nHost: {host}\r\n{auth}"), 403),
        (format!("GET http://{host}/v1 HTTP/1.1\r\nHost: {host}\r\n{auth}"), 200),
        (format!("GET /v1 HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nOrigin: null\r\n{auth}"), 403),
        (format!("GET /v1 HTTP/1.0\r\nHost: {host}\r\n{auth}"), 505),
        (format!("GET /v1 HTTP/1.1\r\nHost: {host}\r\n{auth}"), 200),
    ] {
        let answer = exchange(place.at, "GET", format!("{head}\r\n").as_bytes()).await;
        assert_eq!(answer.status, status, "{head}");
        lets_no_page_in(&answer);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_writes_has_to_say_so() {
    let place = Place::open().await;
    let (meant, json) = (("X-DataForge", "1"), ("Content-Type", "application/json"));
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[json], 403),
        (&[json, ("X-DataForge", "2")], 403),
        (&[meant], 415),
        (&[meant, ("Content-Type", "text/plain")], 415),
        (&[meant, ("Content-Type", "multipart/form-data; boundary=x")], 415),
        (&[meant, json], 405),
    ];
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        for (headers, status) in cases {
            let answer = place.ask(method, "/v1/wells", headers, b"{}").await;
            assert_eq!(answer.status, status, "{method} {headers:?}");
            lets_no_page_in(&answer);
            if status == 405 {
                assert_eq!(answer.header("allow"), "GET,HEAD");
                assert_eq!(answer.problem().1, "usage");
            }
        }
    }
    place.close().await;
}
