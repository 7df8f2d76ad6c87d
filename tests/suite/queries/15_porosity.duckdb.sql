select well, count(*), avg(porosity), max(porosity)
from (
    select well, sqrt((density * density + nphi * nphi) / 2.0) as porosity
    from (select well, (2.65 - rhob) / 1.65 as density, nphi from depth_logs)
    where density is not null and nphi is not null
)
group by well
order by well
