"""How good it is: data sets, graders, benchmarks and reports."""
