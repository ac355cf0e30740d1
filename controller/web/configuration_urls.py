"""The addresses of the configuration's pages; the region's place is `all`."""

from django.urls import URLPattern, path

from controller.web import configuration, configuration_edit

urlpatterns: list[URLPattern] = [
    path("configuration", configuration.configuration, name="configuration"),
    path("configuration/find", configuration.find, name="configuration-find"),
    path(
        "configuration/revisions/<int:number>/revert",
        configuration_edit.revert,
        name="configuration-revert",
    ),
    path(
        "configuration/<slug:scope>/<slug:place>",
        configuration.layer,
        name="configuration-layer",
    ),
    path(
        "configuration/<slug:scope>/<slug:place>/history",
        configuration.history,
        name="configuration-history",
    ),
    path(
        "configuration/<slug:scope>/<slug:place>/edit/<slug:section>",
        configuration_edit.edit,
        name="configuration-edit",
    ),
    path(
        "kiosks/<slug:kiosk_id>/configuration",
        configuration.of_kiosk,
        name="kiosk-configuration",
    ),
]
