// Stands in for a driver that is too old, in tests: it tells its version and has nothing else.
extern "C" {

int cuInit(unsigned) { return 0; }

int cuDriverGetVersion(int* version) {
  *version = 11040;
  return 0;
}

int cuGetProcAddress(const char*, void** function, int, unsigned long long) {
  *function = nullptr;
  return 500;  // CUDA_ERROR_NOT_FOUND
}
}
