// What libraries would write to stderr on their own: nothing. protobuf writes a line there for every string of a
// message that is no valid UTF-8, so whoever may send us a message could fill the journal, and write into it what he
// likes.
#pragma once

namespace sekimori {

// For the whole process; first thing in every main.
void SilenceLibraries();

}  // namespace sekimori
