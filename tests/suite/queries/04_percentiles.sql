-- Clean sand and shale of every well, as for a shale volume: exact percentiles of gamma ray.
select well, percentile(value, 5) as clean, percentile(value, 50) as middle, percentile(value, 95) as shale
from samples
where property = 'gamma_ray'
group by well
order by well
