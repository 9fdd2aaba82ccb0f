// Which processors a thread may run on.
#ifndef TENON_DATA_PROCESSOR_H_
#define TENON_DATA_PROCESSOR_H_

namespace tenon::data {

/// The processor that the calling thread runs on at the moment; -1 where the system does not say.
int current_processor();

/// From now on the calling thread runs on another of its processors; where it has no other, or the
/// system refuses, everything stays as it is.
void avoid_processor(int processor);

}  // namespace tenon::data

#endif  // TENON_DATA_PROCESSOR_H_
