select dept, gr, rhob, nphi, rt
from read_parquet('{file}')
where dept >= {top} and dept < {base}
order by dept
