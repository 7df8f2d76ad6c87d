-- Rate of penetration in every minute of the logs over time.
select well, cast(floor(time_s / 60.0) as bigint) as minute, avg(value) as rate, count(value) as samples
from samples
where curve = 'ROP'
group by well, minute
order by well, minute
