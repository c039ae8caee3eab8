// What agent and password program have agreed on. On its standard input, to the end: the user's name, a zero, the
// password, a zero. The answer is its exit status; whatever else it ends with (0 too) is no answer. Req: R04
#pragma once

enum {
  kPasswordUserMax = 256,
  kPasswordTextMax = 512,
};

typedef enum PasswordAnswer {
  kPasswordRight = 81,
  kPasswordWrong = 82,   // or nobody has that name
  kPasswordFailed = 83,  // could not be asked
} PasswordAnswer;
