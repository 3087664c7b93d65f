"""Install iOS apps over the air: manifests and `itms-services` links."""

__version__ = "0.1.0"
