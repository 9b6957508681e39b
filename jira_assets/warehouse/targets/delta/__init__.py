"""The published tables as Delta tables in a folder or an object store, for engines that read those."""
