/**
 * What is tried from inside a sandbox at start: one shell script, so that one start of the sandbox proves all of it.
 * Each probe does what a hostile agent would and reports failure when it succeeds.
 */

/** Names in the order of the script; a probe that does not report counts as failed. */
export const PROBES = [
  "user",
  "capabilities",
  "namespaces",
  "processes",
  "first-process",
  "accounts",
  "secrets",
  "other-slots",
  "private-tmp",
  "read-only",
  "remount",
  "environment",
  "limits",
] as const;

/** What the script needs to know of the outside; each becomes one positional argument. */
export type ProbeFacts = {
  /** Uid that the slot must have; empty where it is the host's own. */
  uid: string;
  /** `readlink` of the host's namespaces, separated by spaces. */
  namespaces: string;
  /** Paths that must not be there, one a line. */
  secrets: string;
  /** A world-readable file in another slot's folder. */
  otherSlot: string;
  /** A world-readable file in the machine's /tmp. */
  temporary: string;
  /** A file in a folder of the host; the sandbox tries to make it. */
  forbidden: string;
  /** Names of all variables that were given, separated by spaces. */
  environment: string;
  /** One more process than the sandbox may have. */
  tooManyProcesses: string;
};

export const probeArguments = (facts: ProbeFacts): string[] => [
  facts.uid,
  facts.namespaces,
  facts.secrets,
  facts.otherSlot,
  facts.temporary,
  facts.forbidden,
  facts.environment,
  facts.tooManyProcesses,
];

/** POSIX sh. Prints `name<TAB>ok|FAILED<TAB>detail` per probe. */
export const PROBE_SCRIPT = String.raw`
exec 2>/dev/null
newline='
'
report() { # name, what went wrong (empty: nothing)
  if [ -z "$2" ]; then printf '%s\tok\t\n' "$1"; else printf '%s\tFAILED\t%s\n' "$1" "$2"; fi
}

wrong= uid=$(id -u)
[ "$uid" != 0 ] || wrong="runs as root"
[ -z "$1" ] || [ "$uid" = "$1" ] || wrong="\${wrong:-runs as another user} (uid $uid, not $1)"
[ -z "$1" ] || [ "$(id -G)" = "$1" ] || wrong="$wrong has the groups $(id -G)"
report user "$wrong"

wrong=
while read -r field value; do
  case $field in
    CapInh: | CapPrm: | CapEff: | CapAmb: | CapBnd:) case $value in *[!0]*) wrong="$wrong $field$value" ;; esac ;;
    NoNewPrivs:) [ "$value" = 1 ] || wrong="$wrong can gain rights by setuid programs" ;;
  esac
done </proc/self/status || wrong="cannot read /proc/self/status"
report capabilities "$wrong"

wrong=
for kind in pid mnt ipc uts user net; do
  mine=$(readlink /proc/self/ns/$kind) || wrong="$wrong no $kind namespace to be seen;"
  case " $2 " in *" $mine "*) wrong="$wrong shares the host's $kind namespace;" ;; esac
done
report namespaces "$wrong"

seen=0
for process in /proc/[0-9]*; do seen=$((seen + 1)); done
[ "$seen" -le 8 ] && wrong= || wrong="sees $seen processes"
report processes "$wrong"

# Whose end ends all the others: who may write into it can keep it, and what it would take along.
wrong=
(: >>/proc/1/mem) && wrong="may write into the memory of process 1"
report first-process "$wrong"

wrong=
cat /etc/shadow >/dev/null && wrong="reads /etc/shadow"
cat /etc/sudoers >/dev/null && wrong="reads /etc/sudoers"
[ -n "$(ls -A /root /home)" ] && wrong="$wrong sees home folders"
report accounts "$wrong"

wrong= IFS=$newline
for path in $3; do [ -e "$path" ] && wrong="$wrong sees $path;"; done
unset IFS
report secrets "$wrong"

wrong=
cat "$4" >/dev/null && wrong="reads $4"
report other-slots "$wrong"

wrong=
[ -e "$5" ] && wrong="sees $5"
echo mine >/tmp/orch-probe || wrong="$wrong cannot write to /tmp"
rm -f /tmp/orch-probe
report private-tmp "$wrong"

wrong=
for folder in / /usr /usr/bin /etc /var /dev /proc; do
  if (: >"$folder/orch-probe"); then rm -f "$folder/orch-probe"; wrong="$wrong writes to $folder;"; fi
done
(: >orch-probe) && rm orch-probe || wrong="$wrong cannot write to its own folder;"
(: >"$6") # looked for from outside: a folder of this name may exist inside, on memory of the sandbox's own
report read-only "$wrong"

# Tried only where there is something to gain, and put back: where nothing confines this, it is the machine itself.
read_only() { # a mount point
  state=
  while read -r _ _ _ _ point options _; do [ "$point" != "$1" ] || state=$options; done </proc/self/mountinfo
  case $state in ro | ro,*) return 0 ;; *) return 1 ;; esac
}
wrong=
for program in mount unshare; do command -v $program >/dev/null || wrong="$wrong cannot be tried without $program;"; done
for place in / /usr /etc; do
  read_only "$place" || continue
  mount -o remount,bind,rw "$place" && wrong="$wrong remounted $place writable;" && mount -o remount,bind,ro "$place"
  unshare -Urm mount -o remount,bind,rw "$place" && wrong="$wrong remounted $place in a namespace of its own;"
done
report remount "$wrong"

wrong=
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
  case " $7 PWD OLDPWD SHLVL _ " in *" $name "*) ;; *) wrong="$wrong $name" ;; esac
done
report environment "\${wrong:+has also}$wrong"

# Last: afterwards nothing can be started any more.
wrong=
[ "$(ulimit -c)" = 0 ] || wrong="writes core files;"
[ "$(ulimit -f)" != unlimited ] || wrong="$wrong writes files of any size;"
[ -z "$8" ] || { (n=0; while [ $n -lt "$8" ]; do sleep 20 >/dev/null & n=$((n + 1)); done) && wrong="$wrong started $8 processes"; }
report limits "$wrong"
`.replaceAll("\\${", "${");
