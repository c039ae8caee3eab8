"""People who log in at a terminal: their accounts, their phones, and the ways in."""

import re
import shlex
from dataclasses import dataclass, field

import totp
from lab import wait
from lab.dialogue import Dialogue
from lab.guest import Completed, Guest

CONSOLE = "serial-getty@ttyS0.service"
_ASKPASS = "/usr/local/lib/lab/askpass"
_ANSWERS = "/run/lab-answers"


@dataclass
class Person:
    """Someone with an account; once enrolled, with a phone that makes codes."""

    guest: Guest
    name: str
    password: str
    seed: str = ""
    _used: int = field(default=0, init=False)

    def shown(self) -> str:
        """What the phone shows."""
        return totp.code(self.seed, int(self.guest.check("date +%s")))

    def code(self) -> str:
        """What the phone shows, waiting for another code than was shown here before."""
        def now() -> int:
            return int(self.guest.check("date +%s"))
        wait.until(lambda: now() // totp.STEP_SECONDS > self._used, totp.STEP_SECONDS + 10.0, "the next code", 1.0)
        at = now()
        self._used = at // totp.STEP_SECONDS
        return totp.code(self.seed, at)


def person(guest: Guest, name: str) -> Person:
    """A new account."""
    password = f"{name}-Passwort-1"
    guest.check(f"useradd --create-home --shell /bin/bash {name} && echo {name}:{password} | chpasswd")
    return Person(guest, name, password)


def enrol_phone(guest: Guest, who: Person) -> None:
    """Root enrols the person's phone on the console, as the guide says, and the person confirms with a code."""
    with Dialogue(guest) as console:
        console.type("LANG=C.UTF-8 SEKIMORI_LANG=en sekimori enrol totp --user " + shlex.quote(who.name) +
                     " --reason 'joins the section'; echo ended with $?")
        uri = console.expect(r"otpauth://totp/\S+[?&]secret=([A-Z2-7]{32})")
        who.seed = uri[1]
        console.expect(r"[Cc]ode[^\n]*: ?$")
        console.type(who.code())
        console.expect(r"ended with 0\n")


def through_sekimori(guest: Guest) -> None:
    """Has every login go through the agent, as the administrator does it."""
    guest.check("DEBIAN_FRONTEND=noninteractive pam-auth-update --enable sekimori")


def ask_at_console(guest: Guest) -> None:
    """The serial console asks who is there instead of letting root in."""
    guest.check(f"rm /etc/systemd/system/{CONSOLE}.d/lab.conf && systemctl daemon-reload && systemctl restart {CONSOLE}")


def start_sshd(guest: Guest) -> None:
    """The SSH server, asking as PAM wants it."""
    guest.check(
        "mkdir -p /run/sshd && /usr/sbin/sshd -o KbdInteractiveAuthentication=yes -o PasswordAuthentication=no "
        "-o UseDNS=no -o UsePAM=yes"
    )
    # Gives the next line of the answers to whatever is asked, and keeps what was asked.
    guest.write(_ASKPASS, f'#!/bin/sh\necho "$1" >>{_ANSWERS}.asked\nhead -n 1 {_ANSWERS}\nsed -i 1d {_ANSWERS}\n', 0o755)


def ssh(guest: Guest, who: str, answers: list[str], command: str = "id -un", key: str = "") -> Completed:
    """Logs in through sshd and runs a command; each answer is given to one prompt."""
    guest.write(_ANSWERS, "".join(f"{answer}\n" for answer in answers), 0o600)
    guest.check(f"rm -f {_ANSWERS}.asked")
    method = f"-o PreferredAuthentications=publickey -i {key}" if key else "-o PreferredAuthentications=keyboard-interactive"
    return guest.run(
        f"SSH_ASKPASS={_ASKPASS} SSH_ASKPASS_REQUIRE=force setsid ssh -o StrictHostKeyChecking=no "
        f"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o NumberOfPasswordPrompts=1 {method} "
        f"{who}@127.0.0.1 {shlex.quote(command)} </dev/null", 120.0
    )


def asked(guest: Guest) -> list[str]:
    """What the last login through sshd asked."""
    shown = guest.run(f"cat {_ANSWERS}.asked").output
    return [line for line in re.split(r"\n", shown) if line]
