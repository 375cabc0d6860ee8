"""The folder of plugin files as a package: `my_file.py` in it is the module `awnas_gym.plugin_folder.my_file`.

Any process can import it by that name, also one that unpickles an object of such a file.
"""

from __future__ import annotations

from awnas_gym.home import plugin_folder

__path__ = [plugin_folder()]
