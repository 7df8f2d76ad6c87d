select count(*) * 0.5, avg((2.65 - rhob) / (2.65 - 1.0)), avg(rt)
from read_parquet('{file}')
where gr < 60.0 and rhob < 2.5 and cali < 8.9
