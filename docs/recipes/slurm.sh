#!/bin/bash
# One training on four nodes with a GPU each: sbatch docs/recipes/slurm.sh
# Clips (or shards), the run's folder and the environment lie on a disk that all nodes see.
#SBATCH --job-name=vidlab
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --gpus-per-task=1
#SBATCH --time=12:00:00
#SBATCH --output=vidlab-%j.out

CLIPS=${CLIPS:-/shared/shards}
RUN=${RUN:-/shared/runs/$SLURM_JOB_NAME}
HOSTS=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | paste -sd, -)

export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK  # since Slurm 22.05 srun does not take it from above

mkdir -p "$RUN"
# srun starts the command once on each node; which of them it is, each knows by SLURM_PROCID. Given again after the
# time limit, the same job goes on from the last checkpoint.
srun --kill-on-bad-exit=0 vidlab train "$CLIPS" --model r2plus1d --batch 64 --wait 300 \
    --hosts "$HOSTS" --resume "$RUN" --out "$RUN/model.keras"
