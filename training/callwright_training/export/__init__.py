"""Export: adapter and base become a bundle that agrees with them, or an error."""

from callwright_training.export.export import export_bundle, is_up_to_date
from callwright_training.export.parity import LEAST_AGREEMENT
from callwright_training.export.request import CatalogueSource, ExportRequest, Extra

__all__ = ["LEAST_AGREEMENT", "CatalogueSource", "ExportRequest", "Extra", "export_bundle", "is_up_to_date"]
