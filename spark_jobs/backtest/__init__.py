"""What rules would have caught: rules that are not live, evaluated over the lake and held against labels."""
