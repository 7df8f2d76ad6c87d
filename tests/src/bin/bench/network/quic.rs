//! Bare QUIC: one stream of nothing in particular, with a chosen congestion controller at who gives.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use iroh::endpoint::{QuicTransportConfig, presets};
use iroh::{Endpoint, EndpointAddr, RelayMode, SecretKey};
use noq_proto::congestion::{Bbr3Config, ControllerFactory, CubicConfig};

const ALPN: &[u8] = b"bench";
/// The giver's key: both sides are this program.
const KEY: [u8; 32] = [42; 32];
/// Bytes written at a time.
const PIECE: usize = 1 << 16;

async fn endpoint(
    secret: SecretKey,
    listen: SocketAddr,
    controller: Arc<dyn ControllerFactory + Send + Sync>,
) -> Result<Endpoint, Box<dyn Error>> {
    let transport = QuicTransportConfig::builder().congestion_controller_factory(controller).build();
    let builder = Endpoint::builder(presets::Minimal)
        .secret_key(secret)
        .relay_mode(RelayMode::Disabled)
        .transport_config(transport)
        .alpns(vec![ALPN.to_vec()])
        .clear_ip_transports();
    Ok(builder.bind_addr(listen)?.bind().await?)
}

/// Gives so many bytes to the first who asks.
pub(in super::super) async fn give(controller: &str, bytes: u64, listen: &str) -> Result<(), Box<dyn Error>> {
    let controller: Arc<dyn ControllerFactory + Send + Sync> = match controller {
        "cubic" => Arc::new(CubicConfig::default()),
        "bbr3" => Arc::new(Bbr3Config::default()),
        other => return Err(format!("no congestion controller is called {other}").into()),
    };
    let endpoint = endpoint(SecretKey::from_bytes(&KEY), listen.parse()?, controller).await?;
    let connection = endpoint.accept().await.ok_or("nobody asks")?.await?;
    let mut stream = connection.open_uni().await?;
    let piece = vec![7; PIECE];
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        stream.write_all(piece.get(..part).unwrap_or_default()).await?;
        left -= part as u64;
    }
    stream.finish()?;
    connection.closed().await;
    Ok(())
}

/// Takes so many bytes.
pub(in super::super) async fn take(address: &str, bytes: u64) -> Result<(), Box<dyn Error>> {
    let any = SocketAddr::from(([0, 0, 0, 0], 0));
    let endpoint = endpoint(SecretKey::from_bytes(&[43; 32]), any, Arc::new(CubicConfig::default())).await?;
    let giver = EndpointAddr::new(SecretKey::from_bytes(&KEY).public()).with_ip_addr(address.parse()?);
    let connection = endpoint.connect(giver, ALPN).await?;
    let mut stream = connection.accept_uni().await?;
    let mut part = vec![0; PIECE];
    let mut taken = 0;
    while let Some(length) = stream.read(&mut part).await? {
        taken += length as u64;
    }
    connection.close(0u32.into(), b"");
    endpoint.close().await;
    if taken == bytes { Ok(()) } else { Err(format!("{taken} bytes of {bytes}").into()) }
}
