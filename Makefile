# SPDX-License-Identifier: Apache-2.0
# A thin door: each target is one line that calls `python -m ulpwise ...`; `make help` lists them.

PY    := .venv/bin/python
SETUP := python3 -I -S tb/bootstrap.py
# a command knows the make that it belongs to, and ends with it
UNDER = TB_PARENT=$$PPID exec $(PY)
RUN   = $(UNDER) -m ulpwise

# The user's values travel in the environment and reach the command inside double quotes: make does not expand them
# (value, unexport) and the shell does not parse them, so spaces, quotes and dollars arrive as they were written.
NAMES := MODULE CONFIG SIM MODE SEED N VECTORS OUT JSON JOBS FAMILY LUTS WEIGHTS ACTIVATIONS BITS LEVEL SEEDS CLUSTER \
         MUTANTS REACH TLS_CA TLS_CERT TLS_KEY FROM CLOCK RESET TIE
unexport $(NAMES) WAVES COVERAGE FAILED RESUME ACCEPT ARGS
# The makes that build a simulator further down must not see our variables or our -j.
unexport MAKEFLAGS MFLAGS MAKELEVEL
$(foreach name,$(NAMES),$(eval export TB_OPT_$(name) := $$(value $(name))))
opt  = $${TB_OPT_$(1):+--$(2) "$$TB_OPT_$(1)"}
flag = $(if $(filter 1 yes on true YES ON TRUE Yes On True,$(value $(1))),--$(2))

# What the command line gives and no goal takes is refused, in one line; the environment's variables may be anybody's.
quote := '
quoted = '$(subst $(quote),'\$(quote)',$(1))'
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
ifneq ($(strip $(GIVEN)),)
WRONG := $(shell python3 -I -S tb/ulpwise/cli/make_use.py Makefile $(call quoted,$(MAKECMDGOALS)) \
           $(foreach name,$(GIVEN),$(call quoted,$(name)=$(value $(name)))) 2>/dev/null)
$(if $(WRONG),$(error $(WRONG)))
endif

.DEFAULT_GOAL := help
.PHONY: help sim test list limits new doctor lint area bench results regress coverage mutate rank report wave bitlet-study clean distclean setup python3

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "MODULE, FAMILY, CONFIG take names and patterns with commas between, such as MODULE='online_*,fifo' CONFIG=n4,n8;"
	@echo "make sim takes them, SIM (verilator, icarus, both), MODE (beat, burst, both, guards, cocotb), SEED, N (transactions),"
	@echo "VECTORS, OUT, JOBS, WAVES=1, COVERAGE=1; make test takes ARGS (pytest's own options) and JOBS;"
	@echo "make lint takes ARGS=--all (also what passed and has not changed); make list takes MODULE, FAMILY, CONFIG, make limits and wave MODULE, FAMILY, make results FAMILY;"
	@echo "make new takes MODULE, FAMILY, FROM, and where the names of pins do not tell CLOCK=pin, RESET=pin=0 (on at 0), TIE=pin=value;"
	@echo "make area takes MODULE, FAMILY, CONFIG, LUTS (sizes, such as 6,4), JOBS;"
	@echo "make regress takes LEVEL, FAMILY, MODULE, SIM, SEEDS, JOBS, CLUSTER (tls://host:port of a dask scheduler, with TLS_CA,"
	@echo "TLS_CERT, TLS_KEY, files of its certificates; or tcp://, which whoever reaches the port can use to run code), FAILED=1 (what"
	@echo "failed last time), RESUME=1 (go on with an interrupted one), COVERAGE=1, ACCEPT=1 (coverage that fell is the new mark);"
	@echo "make coverage and rank take MODULE, FAMILY, make rank REACH (percent of the coverage);"
	@echo "make mutate takes MODULE, FAMILY, CONFIG, SIM, MUTANTS (faults to seed in a core), SEED, N, JOBS;"
	@echo "JSON=file, JSON=- for standard output alone: sim, list, limits, doctor, area, regress, coverage, rank, mutate (docs/json.md);"
	@echo "make bitlet-study takes WEIGHTS, BITS, ACTIVATIONS (a file like WEIGHTS, (windows, inputs) a tensor)."
# make itself ends with 2 whenever a command fails, be it a failed run (1) or wrong use (2).
	@echo "make ends with 2 on any failure; $(PY) -m ulpwise sim ... says 1 for a failed run and 2 for wrong use."

sim: setup ## verify cores; without arguments the main job, on real input
	@$(RUN) sim $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,CONFIG,config) $(call opt,SIM,sim) \
	    $(call opt,MODE,mode) $(call opt,SEED,seed) $(call opt,N,n) $(call opt,VECTORS,vectors) $(call opt,OUT,out) $(call opt,JSON,json) \
	    $(call opt,JOBS,jobs) $(call flag,WAVES,waves) $(call flag,COVERAGE,coverage)

test: setup ## run all tests; ARGS="-k online_mul" chooses
	@$(SETUP) --quiet --tests
	@$(UNDER) -m pytest tests -n "$${TB_OPT_JOBS:-auto}" --dist worksteal $(ARGS)

list: setup ## list the modules, their families and configurations
	@$(RUN) list $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,CONFIG,config) $(call opt,JSON,json)

limits: setup ## say which limits of the cores' parameters no configuration runs, and why
	@$(RUN) limits $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,JSON,json)

new: setup ## write the files of a new MODULE of FAMILY, or a bench for a core that exists: FROM=core.v
	@$(RUN) new "$$TB_OPT_MODULE" $(call opt,FAMILY,family) $(call opt,FROM,from) $(call opt,CLOCK,clock) \
	    $(call opt,RESET,reset) $(call opt,TIE,tie)

doctor: python3 ## print each tool, its version, where it was found, and what is missing
	@$(SETUP) --doctor $(call opt,JSON,json)

lint: setup ## check style, types, and every core in Verilator, Icarus and Yosys
	@$(RUN) lint $(ARGS)

area: setup ## measure LUTs, flip-flops and longest paths of the cores
	@$(RUN) area $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,CONFIG,config) $(call opt,LUTS,luts) \
	    $(call opt,JSON,json) $(call opt,JOBS,jobs)

bench: setup ## measure the speed of runs and builds
	@$(RUN) bench

results: setup ## measure the figures by which systems are compared, beside the published ones
	@$(RUN) results $(call opt,FAMILY,family)

regress: setup ## run a regression: LEVEL=smoke, full or nightly, on this machine or a dask CLUSTER
	@$(RUN) regress $(call opt,LEVEL,level) $(call opt,FAMILY,family) $(call opt,MODULE,module) \
	    $(call opt,SIM,sim) $(call opt,SEEDS,seeds) $(call opt,CLUSTER,cluster) $(call opt,JOBS,jobs) \
	    $(call opt,TLS_CA,tls-ca) $(call opt,TLS_CERT,tls-cert) $(call opt,TLS_KEY,tls-key) \
	    $(call flag,FAILED,failed) $(call flag,RESUME,resume) $(call flag,ACCEPT,accept) $(call flag,COVERAGE,coverage) \
	    $(call opt,JSON,json)

coverage: setup ## merge the coverage of the latest regression, compare with the targets, export it
	@$(RUN) coverage $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,JSON,json)

mutate: setup ## seed faults in cores, and say which of them their benches find
	@$(RUN) mutate $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,CONFIG,config) $(call opt,SIM,sim) \
	    $(call opt,MUTANTS,mutants) $(call opt,SEED,seed) $(call opt,N,n) $(call opt,JOBS,jobs) $(call opt,JSON,json)

rank: setup ## choose the runs of LEVEL=smoke: the fewest that reach the latest regression's coverage
	@$(RUN) rank $(call opt,MODULE,module) $(call opt,FAMILY,family) $(call opt,REACH,reach) $(call opt,JSON,json)

report: setup ## write the report, a static site: build/report/index.html
	@$(RUN) report

wave: setup ## open the waves of the latest failure, or name the file
	@$(RUN) wave $(call opt,MODULE,module) $(call opt,FAMILY,family)

# A family's own tool for its users' files, and so no business of ulpwise, which knows no family.
bitlet-study: setup ## cycles of Bitlet and others on your WEIGHTS (.npy, .npz, .safetensors) at BITS (1 to 24, 32: float)
	@$(UNDER) -m tests.results.bitlet_study $(call opt,WEIGHTS,weights) $(call opt,ACTIVATIONS,activations) $(call opt,BITS,bits)

clean: ## remove builds and results
	@rm -rf build

distclean: clean ## remove builds, results and .venv
	@rm -rf .venv

setup: python3
	@$(SETUP) --quiet

python3:
	@command -v python3 >/dev/null || { echo "python3 is missing; run: sudo apt-get install -y python3" >&2; exit 2; }
