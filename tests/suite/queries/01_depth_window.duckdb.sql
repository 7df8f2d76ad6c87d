select dept, gr
from read_parquet('{file}')
where dept between {top} and {base}
order by dept
