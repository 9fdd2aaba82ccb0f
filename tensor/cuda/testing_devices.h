// GPUs that cuDNN can plan for where there is none: their properties as the library writes them.
#ifndef TENON_TENSOR_CUDA_TESTING_DEVICES_H_
#define TENON_TENSOR_CUDA_TESTING_DEVICES_H_

#include <string>

namespace tenon::cuda {

struct DescribedDevice {
  const char* name;
  std::string json;
};

/// `version` is 900 for sm_90; shared memory is what one block may ask for.
inline DescribedDevice described_device(const char* name, int version, int multiprocessors,
                                        int shared_memory, int l2_cache) {
  const auto number = [](int value) { return std::to_string(value); };
  return {name, R"({"maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64],)"
                R"( "regsPerBlock": 65536, "warpSize": 32, "maxSharedMemoryPerBlock": 49152,)"
                R"( "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536,)"
                R"( "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048,)"
                R"( "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "cudaDeviceId": 0,)"
                R"( "totalGlobalMem": 85899345920, "smClockRateKHz": 1980000,)"
                R"( "memClockRateKHz": 2619000, "driverVer": 13000, "multiProcessorCount": )" +
                    number(multiprocessors) + R"(, "maxSharedMemoryPerBlockOptin": )" +
                    number(shared_memory) + R"(, "l2CacheSize": )" + number(l2_cache) +
                    R"(, "deviceVer": )" + number(version) + R"(, "deviceName": ")" + name +
                    R"("})"};
}

inline DescribedDevice a100() { return described_device("A100", 800, 108, 166912, 41943040); }
inline DescribedDevice h100() { return described_device("H100", 900, 132, 232448, 52428800); }

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_TESTING_DEVICES_H_
