-- Porosity of density and neutron together, at the depths that have both, over all wells.
select well, count(*) as samples, avg(porosity) as mean, max(porosity) as most
from (
    select well, sqrt((density * density + neutron * neutron) / 2.0) as porosity
    from (
        select well, run, index_value, (2.65 - max(value) filter (where curve = 'RHOB')) / 1.65 as density,
               max(value) filter (where curve = 'NPHI') as neutron
        from samples
        where curve in ('RHOB', 'NPHI')
        group by well, run, index_value
    )
    where density is not null and neutron is not null
)
group by well
order by well
