"""--@rules_cuda//cuda:archs: which GPUs to compile for."""

load("@cuda//:toolkit.bzl", "GPUS")

# Where there is no GPU nothing is gained by machine code: the PTX of the oldest one that Tenon knows,
# which a later driver compiles when a program first needs it, builds in a third of the time.
_THIS_MACHINE = ["%s,%s" % (gpu, gpu.replace("sm_", "compute_")) for gpu in GPUS] or ["compute_80:compute_80"]

CudaArchsInfo = provider(fields = ["gencode"], doc = "gencode: the -gencode flags for nvcc.")

def _gencode(spec):
    """compute_90:sm_90,compute_90 or just sm_90 -> one -gencode flag."""
    virtual, _, codes = spec.rpartition(":")
    virtual = virtual or codes.split(",")[0].replace("sm_", "compute_")
    return "-gencode=arch=%s,code=[%s]" % (virtual, codes)

def _impl(ctx):
    specs = [s for s in ctx.build_setting_value.split(";") if s]
    return CudaArchsInfo(gencode = [_gencode(s) for s in specs or _THIS_MACHINE])

cuda_archs_flag = rule(
    implementation = _impl,
    build_setting = config.string(flag = True),
    doc = "Specifications separated by semicolons, e.g. sm_80;compute_90:sm_90,compute_90. Empty: the GPUs of this machine.",
)
