#!/bin/bash
# One training on machines that you can reach by ssh without a password, and that see one shared folder:
#   HOSTS=node1,node2 CLIPS=/shared/shards RUN=/shared/runs/one bash docs/recipes/ssh.sh
# What each of them says is in $RUN/<machine>.out. Ctrl-C ends them all.

HOSTS=${HOSTS:?the machines, with commas}
CLIPS=${CLIPS:?the folder of clips or shards}
RUN=${RUN:?a folder that all machines see}

mkdir -p "$RUN"
trap 'kill $(jobs -p) 2> /dev/null' EXIT
trap 'exit 130' INT TERM
number=0
for host in ${HOSTS//,/ }; do
    # -tt: what was started there ends with this ssh
    ssh -tt "${host%:*}" "vidlab train '$CLIPS' --model r2plus1d --batch 64 --wait 300 --hosts '$HOSTS' \
        --number $number --resume '$RUN' --out '$RUN/model.keras'" < /dev/null > "$RUN/$host.out" 2>&1 &
    number=$((number + 1))
done
wait
tail -n 3 "$RUN"/*.out
