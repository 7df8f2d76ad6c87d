-- How often gamma ray is in each step of ten, over all wells.
select cast(floor(value / 10.0) as bigint) * 10 as low, count(*) as samples
from samples
where property = 'gamma_ray' and value is not null
group by low
order by low
