select well, cast(floor(time_s / 60.0) as bigint) as minute, avg(rop), count(rop)
from time_logs
group by well, minute
order by well, minute
