#!/bin/sh
# The process of a step's pane. Runs the step's command with its output in files, shows the transcript in the pane, and
# leaves the exit code behind: in the file `exit` for whoever looks later, in the FIFO for whoever waits now. It ends
# only when the command has ended: not when somebody types into the pane, nor when the tmux server goes away.
#
# usage: env -i sh step.sh STEP_DIR STDIN_FILE TRANSCRIPT
#
# STEP_DIR holds `fifo`, `go` and `run.sh` (the environment and the command, made by the host, read once). The command
# waits for a word in `go` before it becomes its program (latch.ts). Only POSIX sh and programs of every Linux are used: a
# shell starts in 3 ms and needs 1 MB.

PATH=/usr/local/bin:/usr/bin:/bin # for this script; it is not exported
dir=$1 input=$2 transcript=$3
umask 077

# Caught, not ignored: an ignored signal would stay ignored in the command.
trap : INT HUP TERM QUIT TSTP TTIN TTOU

# Opened for reading too, so that opening never waits for the host, and writing never fails without it. Only this
# process keeps it open (9>&- below), so its end of file tells of this process's death, however it dies.
exec 9<>"$dir/fifo" 8<"$dir/run.sh" || exit 1
# Of this one the host alone is the writer, so that its death is the end of file. Open for writing as well only until it is
# open for reading, which would otherwise wait for a host that may be gone.
exec 6<>"$dir/go" 7<"$dir/go" 6>>"$dir/latch" || exit 1

# The pane is a view: nothing that is typed there is a signal or is echoed. It follows the end of the transcript only,
# as much as the pane keeps, and ends with this process even where no terminal hangs up.
{
  trap '' INT QUIT TSTP
  stty -isig -icanon -echo -ixon </dev/tty
  exec setpriv --pdeathsig KILL tail -n 2000 -f -- "$transcript" 2>/dev/null
} 6>&- 7<&- 8<&- 9>&- &
view=$!

# A process id is used again after a while; with its start time (field 22) and the boot it names one process for good.
read -r stat </proc/$$/stat
set -- ${stat##*) }
read -r boot </proc/sys/kernel/random/boot_id
echo "$$ ${20} $boot $view" >"$dir/pid"
echo "started $$ ${20} $boot $view" >&9

(. /dev/fd/8) <"$input" >>"$dir/stdout" 2>>"$dir/stderr" 9>&-
code=$?
# "command": a full disk must not end this shell, which has an exit code to leave.
command times >"$dir/times" 2>/dev/null
read -r said <"$dir/latch" && [ "$said" = left ] && code=left

# One write of one line: it is whole or, to its reader, not there. No second program only to rename it.
echo "$code" >"$dir/exit"
echo "exit=$code" >&9
kill "$view" 2>/dev/null
