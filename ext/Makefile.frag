# The sources are prerequisites, so that `sudo make install` after `make` finds nothing left to build: root has no Rust.
OUVRIER_SOURCES := $(shell find $(OUVRIER_ROOT)/src $(OUVRIER_ROOT)/crates $(OUVRIER_ROOT)/php -type f 2>/dev/null) \
	$(OUVRIER_ROOT)/Cargo.toml $(OUVRIER_ROOT)/Cargo.lock

# The .la file is what phpize's own rules ask for; they read the module's name from it and remove it at installation,
# which leaves the .so to tell whether the build is up to date.
$(phplibdir)/ouvrier.la: $(phplibdir)/ouvrier.so
	echo "dlname='ouvrier.so'" > $@

$(phplibdir)/ouvrier.so: $(OUVRIER_SOURCES)
	cd $(OUVRIER_ROOT) && PHP=$(PHP_EXECUTABLE) PHP_CONFIG=$(PHP_CONFIG) $(CARGO) build --release --lib --target-dir $(OUVRIER_ROOT)/target
	$(INSTALL) -d $(phplibdir)
	$(INSTALL) $(OUVRIER_ROOT)/target/release/libouvrier.so $@
