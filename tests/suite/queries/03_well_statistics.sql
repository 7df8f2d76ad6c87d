-- Gamma ray of every well, over all of its runs.
select well, count(value) as samples, min(value) as least, max(value) as most, avg(value) as mean,
       stddev_samp(value) as deviation
from samples
where property = 'gamma_ray'
group by well
order by well
