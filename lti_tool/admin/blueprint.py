"""The room's one blueprint, to which each module of views adds its routes when it is imported."""

from flask import Blueprint

bp = Blueprint("admin", __name__, url_prefix="/admin")
