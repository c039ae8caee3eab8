#include "agent/door/door.h"

#include "agent/door/heard.h"
#include "agent/door/visit.h"

namespace sekimori::door {

void Door::Serve(ports::LoginLine& line, const ports::LoginPeer& peer) {
  const Result<model::Secret> body = line.Receive(kIntroduction);
  if (!body.ok()) return;
  const Heard heard(body.value());
  if (heard.message().type != kLoginBegin) return;
  Visit(outside_, sessions_, line, peer, heard.message().begin).Run();
}

}  // namespace sekimori::door
