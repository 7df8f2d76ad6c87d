fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let start = std::time::Instant::now();
        match dataforge_las::read(&bytes, &Default::default()) {
            Ok(r) => {
                let t = start.elapsed();
                println!("{path}: {} {} sets {:?} {:.1} MB/s", r.file.version.vers, r.file.encoding, r.file.data.iter().map(|d| (d.rows, d.columns.len())).collect::<Vec<_>>(), bytes.len() as f64/1e6/t.as_secs_f64());
                println!("   {}", r.report.seen);
                let mut last = None; let mut n=0;
                for x in &r.report.notices { if last!=Some(x.kind) {last=Some(x.kind); n=0;} n+=1; if n<4 {println!("   {}:{} {} {}", x.line, x.column, x.kind, x.message)}; }
            }
            Err(e) => println!("{path}: ERROR {e}"),
        }
    }
}
