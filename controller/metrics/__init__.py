"""What other monitoring reads of the fleet: Prometheus, Icinga and Nagios, GLPI."""
