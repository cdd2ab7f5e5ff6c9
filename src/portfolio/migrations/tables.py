"""Imports every slice's tables, so that the metadata is whole."""

import portfolio.achievements.models
import portfolio.anchoring.models
import portfolio.credentials.models
import portfolio.diplomas.models
import portfolio.documents.models
import portfolio.issuing.models
import portfolio.jobs
import portfolio.notifications.models
import portfolio.organisations.models
import portfolio.people.models
import portfolio.sharing.models
import portfolio.sharing.public.models
import portfolio.verification.models  # noqa: F401
