{%- from "sentinel.jinja" import vigie with context %}

include:
  - .package

firewall_config:
  file.managed:
    - name: /etc/nftables.conf
    - source: salt://firewall/files/nftables.conf.jinja
    - template: jinja
    - mode: '0755'
    # A rule set that nft cannot read would leave the kiosk without any at the next start.
    - check_cmd: /usr/sbin/nft --check --file
    - tmp_ext: .nft
    - require:
      - pkg: firewall_package
