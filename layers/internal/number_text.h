// Numbers for people.
#ifndef TENON_LAYERS_INTERNAL_NUMBER_TEXT_H_
#define TENON_LAYERS_INTERNAL_NUMBER_TEXT_H_

#include <string>

namespace tenon::layers::internal {

/// "0.5" for 0.500000: six decimals without the zeros at the end.
inline std::string number_text(double number) {
  std::string text = std::to_string(number);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_NUMBER_TEXT_H_
