"""Who logs in proves two different things, at the console and through sshd, and the collector knows."""

from lab.dialogue import Dialogue
from login_desk import Person, ask_at_console, enrol_phone, person, ssh, start_sshd, through_sekimori
from product import SERVICE, ProductBench, Terminal
from scenario import expect, expect_equal, product_scenario

# After a refusal the console asks again after some seconds.
_CONSOLE_SECONDS = 90.0


def desk(bench: ProductBench) -> tuple[Terminal, Person]:
    """A terminal that enforces, every login through the agent, and someone who is enrolled."""
    terminal = bench.terminal()
    terminal.enforce()
    hanako = person(terminal.guest, "hanako")
    enrol_phone(terminal.guest, hanako)
    through_sekimori(terminal.guest)
    return terminal, hanako


def login_judged(terminal: Terminal, result: str, what: str, after: int = 0) -> dict:
    """The next login at the collector with that result."""
    found = terminal.recorded("login_judged", what, lambda body: body["result"] == result, after)
    return found["event"]["login_judged"] | {"cursor": int(found["cursor"])}


@product_scenario
def console_asks_for_two_factors(bench: ProductBench) -> None:
    """At the console password and code let in; a wrong password, a wrong code and a code used before do not."""
    terminal, hanako = desk(bench)
    guest = terminal.guest
    ask_at_console(guest)
    with Dialogue(guest) as console:
        code = hanako.code()

        def log_in(password: str, code: str) -> None:
            console.expect("login: ", _CONSOLE_SECONDS)
            console.type(hanako.name)
            console.expect(": $")
            console.type(password)
            console.expect(": $")
            console.type(code)

        log_in("not her password", code)
        refused = login_judged(terminal, "LOGIN_DENIED", "the wrong password")
        log_in(hanako.password, "000000")
        refused = login_judged(terminal, "LOGIN_DENIED", "the wrong code", refused["cursor"])
        code = hanako.code()
        log_in(hanako.password, code)
        granted = login_judged(terminal, "LOGIN_GRANTED", "the login", refused["cursor"])
        expect_equal((granted["place"]["service"], granted["place"]["user"]["name"], sorted(granted["classes"])),
                     ("login", "hanako", ["FACTOR_KNOWLEDGE", "FACTOR_POSSESSION"]), "the record")
        console.type("id -un; exit")
        console.expect("hanako\n")
        log_in(hanako.password, code)
        login_judged(terminal, "LOGIN_DENIED", "the code used before", granted["cursor"])


@product_scenario
def sshd_asks_for_two_factors(bench: ProductBench) -> None:
    """Through sshd password and code let in; the password alone, a public key, and an unknown name do not."""
    terminal, hanako = desk(bench)
    guest = terminal.guest
    start_sshd(guest)
    done = ssh(guest, "hanako", [hanako.password, hanako.code()])
    expect_equal((done.status, done.output.splitlines()[-1:]), (0, ["hanako"]), "password and code")
    granted = login_judged(terminal, "LOGIN_GRANTED", "the login")
    expect_equal(granted["place"]["service"], "sshd", "the service")
    for answers, who in (([hanako.password, ""], "hanako"), ([hanako.password, "000000"], "hanako"),
                         (["x", "000000"], "nobody-has-this-name")):
        done = ssh(guest, who, answers)
        expect(done.status != 0, f"{who} was let in by {answers}: {done.output}")
    guest.check("ssh-keygen -q -t ed25519 -N '' -f /root/key && install -d -o hanako -g hanako -m 0700 /home/hanako/.ssh "
                "&& install -o hanako -g hanako -m 0600 /root/key.pub /home/hanako/.ssh/authorized_keys")
    done = ssh(guest, "hanako", [], key="/root/key")
    expect(done.status != 0, f"a public key let in: {done.output}")
    terminal.recorded("session_judged", "the login by a key", lambda body: body["place"]["service"] == "sshd"
                      and body["ground"] == "SESSION_NO_TICKET" and not body.get("allowed", False))


@product_scenario
def nobody_is_let_in_while_no_agent_answers(bench: ProductBench) -> None:
    """Right password and right code let nobody in while the agent is stopped; afterwards they do."""
    terminal, hanako = desk(bench)
    guest = terminal.guest
    start_sshd(guest)
    guest.check(f"systemctl stop {SERVICE}")
    done = ssh(guest, "hanako", [hanako.password, hanako.shown()])
    expect(done.status != 0, f"let in without an agent: {done.output}")
    guest.check(f"systemctl start {SERVICE}")
    done = ssh(guest, "hanako", [hanako.password, hanako.code()])
    expect_equal((done.status, done.output.splitlines()[-1:]), (0, ["hanako"]), "with the agent back")


@product_scenario
def three_wrong_codes_lock_the_phone(bench: ProductBench) -> None:
    """After three wrong codes the right one is refused too, also by a new agent, until root unlocks it."""
    terminal, hanako = desk(bench)
    guest = terminal.guest
    start_sshd(guest)
    for _ in range(3):
        expect(ssh(guest, "hanako", [hanako.password, "000000"]).status != 0, "a wrong code let in")
    expect(ssh(guest, "hanako", [hanako.password, hanako.shown()]).status != 0, "a locked phone let in")
    guest.check(f"systemctl restart {SERVICE}")
    expect(ssh(guest, "hanako", [hanako.password, hanako.shown()]).status != 0, "let in after a restart")
    guest.check("sekimori authenticators unlock --user hanako --reason 'mistyped'")
    done = ssh(guest, "hanako", [hanako.password, hanako.code()])
    expect_equal((done.status, done.output.splitlines()[-1:]), (0, ["hanako"]), "once unlocked")


@product_scenario
def unenrolled_are_denied_and_root_may_become_others(bench: ProductBench) -> None:
    """Who has no second factor is denied; what root and the system start by themselves goes on, and is recorded."""
    terminal, _ = desk(bench)
    guest = terminal.guest
    start_sshd(guest)
    taro = person(guest, "taro")
    expect(ssh(guest, "taro", [taro.password, "000000"]).status != 0, "someone not enrolled was let in")
    expect_equal(guest.check("su - taro -c 'id -un'").strip(), "taro", "root as another")
    terminal.recorded("session_judged", "root's su", lambda body: body["place"]["service"] == "su-l" and body["allowed"])
