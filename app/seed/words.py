# SPDX-License-Identifier: Apache-2.0
"""Names of people by origin, and parts of names of organizations."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """An origin of names: its given names and family names."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


def _names(female: str, male: str, family: str) -> Origin:
    return Origin(_words(female), _words(male), _words(family))


ORIGINS = {
    "English": _names(
        "Abigail Bethany Clara Daisy Edith Freya Georgia Harriet Imogen Lydia Matilda Phoebe Rosalind Tessa",
        "Albert Barnaby Callum Dexter Edmund Felix Gareth Hugo Jasper Leonard Miles Nigel Rupert Toby",
        "Ashdown Barrowby Coldwell Dunmore Elkins Fairweather Goswell Harkness Ingleby Kettle Loxley Marchbank "
        "Netherby Oakshott Penrose Thistlewood",
    ),
    "Irish": _names(
        "Aoife Bríd Caoimhe Deirdre Eimear Fionnuala Gráinne Máire Niamh Orla Róisín Sinéad",
        "Brendan Cathal Declan Eoghan Fergal Lorcan Niall Oisín Pádraig Ruairí Seán Tadhg",
        "Brannigan Cassidy Devlin Finnerty Geraghty Hanlon Keneally Lafferty McNulty O'Shea O'Dowd Rafferty Tierney",
    ),
    "French": _names(
        "Agathe Béatrice Camille Delphine Élodie Françoise Hélène Inès Juliette Manon Noémie Solène",
        "Adrien Baptiste Cédric Damien Étienne Gaël Jérôme Loïc Mathieu Noël Rémi Thibault",
        "Aubertin Bonnefoy Chastain Delacroix Fournel Garance Lamoureux Marchand Péronnet Rouvière Tessier Vauclair",
    ),
    "German": _names(
        "Anke Birgit Carola Dörte Frieda Gisela Heike Ilse Katharina Lieselotte Sabine Ulrike",
        "Bernd Detlef Eberhard Florian Günter Holger Jörg Klaus Lothar Matthias Rüdiger Volker",
        "Ackermann Brückner Dietzel Eichhorn Gräfe Hölzel Kirchner Lindner Mühlbauer Reißig Schönfeld Weißhaupt",
    ),
    "Swedish": _names(
        "Astrid Birgitta Ebba Gunilla Hedvig Inga Kerstin Linnéa Malin Åsa",
        "Anders Björn Göran Håkan Lennart Mårten Nils Oskar Sören Torbjörn",
        "Bergström Dahlqvist Ekblad Granlöf Hedström Lindvall Norrby Sjöholm Söderlund Ågren",
    ),
    "Spanish": _names(
        "Alba Beatriz Consuelo Dolores Inmaculada Lucía Marisol Nieves Pilar Yolanda",
        "Álvaro Benito Emilio Gonzalo Iñigo Joaquín Mateo Nicolás Rodrigo Víctor",
        "Aguirre Bustamante Carrasco Echeverría Gálvez Ibáñez Montoya Núñez Peñalver Zamorano",
    ),
    "Polish": _names(
        "Agnieszka Bożena Dorota Elżbieta Grażyna Jolanta Małgorzata Zofia",
        "Bartosz Czesław Grzegorz Jarosław Krzysztof Łukasz Paweł Zbigniew",
        "Adamczyk Borkowski Dąbek Gołębiak Kłos Olszewicz Śliwa Wrzosek Zięba Żuraw",
    ),
    "Turkish": _names(
        "Ayşe Ebru Gülşen Hatice Leyla Nilüfer Özlem Şule",
        "Burak Cemil Emre Hakan İlker Murat Oğuz Tuncay",
        "Aydoğan Başaran Çelik Demirci Gündüz Karaca Öztürk Şimşek Şentürk",
    ),
    "Indian": _names(
        "Ananya Deepika Gayatri Kavita Lakshmi Meera Nandini Priyanka Sunita",
        "Arjun Devendra Girish Harish Kiran Manoj Rajesh Sandeep Vikram",
        "Agarwal Bhattacharya Chaudhari Deshmukh Iyer Kulkarni Menon Nair Pillai Subramanian",
    ),
    "Nigerian": _names(
        "Adaeze Chiamaka Folasade Ifeoma Ngozi Olufunke Temitope Yetunde",
        "Adebayo Chinedu Emeka Ikenna Kelechi Obinna Olumide Tunde",
        "Abiodun Chukwuma Ezeani Igwe Nwankwo Ogunleye Okafor Okwara",
    ),
    "Chinese": _names(
        "Fang Hui Lihua Meiling Ning Xiaoyan Yuming Zhen",
        "Bowen Dawei Guoliang Haoran Jianhong Peng Weimin Zhiqiang",
        "Cai Deng Feng Guo Huang Liang Ouyang Qiu Shen Xue Zheng",
    ),
    "Japanese": _names(
        "Ayumi Chieko Hanae Kazuko Michiko Noriko Sayuri Tomoko",
        "Daisuke Hideaki Kenjirō Masato Nobuo Ryōta Shinji Tatsuya",
        "Arakawa Fujiwara Hoshino Kitagawa Minamoto Nakahara Okabe Takemura Uehara",
    ),
    "Arabic": _names(
        "Amina Farida Hanan Khadija Latifa Nadia Rania Samira",
        "Adel Bilal Faisal Hicham Karim Mounir Rachid Tariq",
        "Al-Amin Belkacem Chaoui Haddad Khoury Mansouri Najjar Rahmani Saidi",
    ),
}

TRADES = _words(
    "Bakery Logistics Carpentry Pharmacy Optics Insurance Nurseries Printing Brewing Robotics Dental Textiles Ceramics "
    "Cycles Catering Software Architects Fisheries Glassworks Roofing"
)
PREFIXES = _words(
    "Amber Bramble Cobalt Dovetail Ember Foxglove Granite Hazel Ivory Juniper Larkspur Mosaic Quill Saffron"
)
PUBLIC_BODIES = ("Town Council", "District Hospital", "Public Library", "Secondary School", "Fire Service")
