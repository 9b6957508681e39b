select count(story_points) as estimates
from read_parquet({file}, hive_partitioning = false)
