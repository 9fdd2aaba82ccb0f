"""HOT_COPTS: for the few libraries in whose loops the time goes. An optimized build has its loops
vectorized; the rest of it compiles faster at -c opt's own level and is as fast."""

HOT_COPTS = select({
    "//tools:optimized_build": ["-O3"],
    "//conditions:default": [],
})
